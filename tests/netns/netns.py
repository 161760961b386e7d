#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""udp-multicast between namespaces, over a relay that loses, doubles, holds
back and damages. HEIN_NETNS_FULL=1: each cell of the matrix.

usage: netns.py RELAY END TOOL SOCKET-TEST [PATTERN]

It has a network of its own, so that several may run at once, each with the tests
whose names match its pattern. HEIN_NETNS_ONLY=PATTERN chooses from these.
"""

import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import bed as beds
import netns6
from members import (END, IPV4, RELAY, Group, check, fail_to_join, make_uri,
                     run_inside, say, set_faults)
from scenarios import run_cell, run_interruption, wait_sent

IS_FULL = os.environ.get("HEIN_NETNS_FULL") == "1"
N_RECEIVERS = 8


# ---- the matrix ----

def get_cells():
    """loss, duplication, reordering, receivers"""
    losses = (0, 1, 5, 10, 30)
    if IS_FULL:
        return list(itertools.product(losses, (0, 5), (0, 5, 25), (1, 3, 8)))
    corners = itertools.cycle([(0, 0, 1), (5, 25, 8), (0, 25, 3), (5, 0, 8)])
    return [(loss, *next(corners)) for loss in losses for _ in range(2)]


def make_cell(is_reliable, loss, duplication, reordering, n_receivers):
    mode = "reliable" if is_reliable else "best-effort"

    def test(bed, key):
        run_cell(bed, key, is_reliable, n_receivers, loss=loss,
                 duplication=duplication, reordering=reordering)
    return (f"{mode}/loss-{loss}/duplication-{duplication}/"
            f"reordering-{reordering}/receivers-{n_receivers}", test)


# ---- faults ----

def test_corruption(bed, key):
    for is_reliable in (True, False):
        found, wire = run_cell(bed, key, is_reliable, 3, corruption=1)
        check(all(one["damaged"] > 0 for one in wire["ports"][1:4]),
              "nothing was damaged")
        check(all(one["invalid"] > 0 for one in found), "none saw the damage")


def test_slow(bed, key):
    run_cell(bed, key, True, 3, loss=10, delay=50)


def test_interface_down(bed, key):
    """U11: trouble is told once, not for each message: once of each end of
    the outage at most."""
    n_failed = run_interruption(
        bed, key, lambda number: bed.set_link(number, "down"),
        lambda number: bed.set_link(number, "up"))
    check(0 < n_failed <= 2, f"trouble was told {n_failed} times")


def test_interface_anew(bed, key):
    def go_on(number):
        bed.plug(number)
        bed.relay.tell(f"plug {number}")
    run_interruption(bed, key, bed.unplug, go_on)


def test_partition(bed, key):
    run_interruption(bed, key, lambda number: bed.relay.tell(f"cut {number}"),
                     lambda number: bed.relay.tell(f"heal {number}"))


def test_away_too_long(bed, key):
    """What no sender has any more is told, in its place; the rest is repaired,
    and the others miss nothing: the sender keeps what it said for 2.5 s, which is
    enough where the processor is busy as well."""
    set_faults(bed, 5, loss=1)
    group = Group(bed, key, True, 2)
    group.sender.tell("send 7000 1000")
    wait_sent(group, 500)
    bed.relay.tell("cut 1")
    wait_sent(group, 6500)
    bed.relay.tell("heal 1")
    group.sender.wait("sent")
    group.settle(7000)
    away, there = [group.check(one, 7000) for one in group.receivers]
    say(f"  away: {away}, there: {there}")
    check(0 < away["lost"] < 6500, f"not what was due: {away}")
    check(there["lost"] == 0, f"the other one lost: {there}")
    group.end()


def test_receiver_killed(bed, key):
    """The others get all; it gets what comes from then on."""
    set_faults(bed, 2, loss=5)
    group = Group(bed, key, True, 3)
    group.sender.tell("send 3000 1000")
    wait_sent(group, 500)
    bed.kill(group.receivers[2])
    wait_sent(group, 1000)
    again = group.receivers[2] = group.start(3, "receiver3")
    group.sender.wait("sent")
    group.settle(3000, group.receivers[:2])
    beds.wait_until(lambda: group.get(again, group.sender)[0]["last"] == 2999,
                    "the one that came back does not go on")
    for receiver in group.receivers[:2]:
        group.check(receiver, 3000)
    run = group.check(again, 3000, is_whole=False)
    say(f"  the one that came back: {run}")
    check(500 < run["first"] < 2999, "it began elsewhere")
    check(run["delivered"] + run["lost"] == 3000 - run["first"],
          f"the sum is wrong: {run}")
    group.end()


def test_sender_killed(bed, key):
    """One comes back and takes its place; one does not, and is missed. What the
    one that is back says before it has its name again is counted."""
    set_faults(bed, 3)
    group = Group(bed, key, True, 2)
    other = group.start(3, "other")
    group.meet(other, group.receivers)
    for sender in (group.sender, other):
        sender.tell("send 1000 1000")
        beds.wait_until(lambda: sender.report()["sent"] >= 500, "it is slow")
        bed.kill(sender)
    before = [len(one.events) for one in group.receivers]
    group.sender = group.start(0, "sender")
    group.sender.tell("send 1000 1000")
    for receiver, after in zip(group.receivers, before):
        receiver.wait("peer-removed", "sender", after)
        receiver.wait("peer-added", "sender", after)
    group.sender.tell("send 1000 1000")
    group.sender.wait("sent", after=group.sender.wait("sent"))
    for receiver in group.receivers:
        check_return(group, receiver)
        receiver.wait("peer-removed", "other", seconds=30)
    group.end()


def check_return(group, receiver):
    beds.wait_until(
        lambda: group.get(receiver, group.sender)[0]["last"] == 1999,
        f"{receiver.name} does not hear the one that is back")
    run = group.check(receiver, 2000, is_whole=False)
    nameless = receiver.report()["lost"].get("", 0)
    say(f"  the one that is back: {run}, {nameless} without a name")
    check(0 < nameless <= run["first"], "not counted without a name")
    check(run["delivered"] == 2000 - run["first"], "it is not heard whole")


def test_one_peer_moves(bed, key):
    """What is for one alone gets there, also when its address is another."""
    set_faults(bed, 4, loss=10)
    group = Group(bed, key, True, 2)
    one, other = group.receivers
    group.meet(one, [group.sender])
    group.sender.tell("send 300 1000 receiver1")
    group.sender.wait("sent")
    group.settle(300, [one])
    bed.set_address(1, 2, 102)
    one.tell("send 1 1000")
    beds.wait_until(
        lambda: group.get(group.sender, one)[0]["delivered"] == 1,
        "the sender does not hear the one that has moved")
    after = len(group.sender.events)
    group.sender.tell("send 300 1000 receiver1")
    group.sender.wait("sent", after=after)
    group.settle(600, [one])
    run = group.check(one, 600)
    check(run["delivered"] == 600, f"not all came: {run}")
    check(group.get(other, group.sender)[0]["delivered"] == 0,
          "another one got it, too")
    group.end()
    bed.set_address(1, 102, 2)


# ---- errors ----

def test_no_route(bed, key):
    """U11: who has none is told what to write."""
    fail_to_join(bed, f"udp-multicast://{IPV4}:7000?plaintext=yes",
                 "no interface has a route for multicast", "?interface=lo")


def test_max_memberships(bed, key):
    """U12: it is told when the group is opened. The limit is that of this
    network namespace."""
    path = "/proc/sys/net/ipv4/igmp_max_memberships"
    _, before = run_inside(bed, 0, "cat", path)
    run_inside(bed, 0, "sh", "-c", f"echo 1 > {path}")
    try:
        fail_to_join(bed, make_uri(IPV4, "plaintext=yes", "lan,lo"),
                     "igmp_max_memberships")
    finally:
        run_inside(bed, 0, "sh", "-c", f"echo {before.strip()} > {path}")


# ---- life ----

def get_tests():
    tests = [make_cell(True, *cell) for cell in get_cells()]
    cells = get_cells() if IS_FULL else [
        (0, 5, 25, 8), (1, 0, 0, 3), (5, 5, 25, 3), (10, 5, 0, 8),
        (30, 0, 25, 1)]
    tests += [make_cell(False, *cell) for cell in cells]
    faults = (test_corruption, test_slow, test_interface_down,
              test_interface_anew, test_partition, test_away_too_long,
              test_receiver_killed, test_sender_killed, test_one_peer_moves,
              test_no_route, test_max_memberships)
    tests += [(one.__name__[5:].replace("_", "-"), one) for one in faults]
    return tests + netns6.get_tests(IS_FULL)


def skip_all(tests, reason, first=1):
    for number, (name, _) in enumerate(tests, first):
        print(f"ok {number} /netns/{name} # SKIP {reason}")


def run_all(tests, key):
    failures = 0
    bed = beds.Bed(N_RECEIVERS + 1, RELAY)
    try:
        for number, (name, test) in enumerate(tests, 1):
            if name.startswith("ipv6/") and not beds.HAS_IPV6:
                skip_all([(name, test)], "there is no IPv6 here", number)
                continue
            try:
                test(bed, key)
                print(f"ok {number} /netns/{name}", flush=True)
            except (AssertionError, OSError, ValueError, LookupError,
                    subprocess.SubprocessError) as error:
                failures += 1
                print(f"not ok {number} /netns/{name}\n# {error}", flush=True)
                bed.clear()
                bed = beds.Bed(N_RECEIVERS + 1, RELAY)
    finally:
        bed.clear()
    return 1 if failures else 0


def on_terminated(number, frame):
    sys.exit(128 + number)


def main():
    patterns = [*sys.argv[5:6], os.environ.get("HEIN_NETNS_ONLY", "")]
    tests = [one for one in get_tests()
             if all(re.search(pattern, one[0]) for pattern in patterns)]
    if not tests:
        print("1..0 # SKIP none of its tests is chosen")
        return 0
    if not beds.is_inside():
        reason = beds.find_obstacle(END)
        if reason is None:
            beds.go_inside()
        print(f"1..{len(tests)}")
        skip_all(tests, reason)
        return 0
    print(f"1..{len(tests)}", flush=True)
    signal.signal(signal.SIGTERM, on_terminated)
    beds.make_room()
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key")
        key.touch(0o600)
        key.write_text(os.urandom(32).hex() + "\n")
        return run_all(tests, str(key))


sys.exit(main())
