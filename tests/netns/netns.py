#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""udp-multicast between namespaces, over a relay that loses, doubles, holds
back and damages. HEIN_NETNS_FULL=1: each cell of the matrix.

usage: netns.py RELAY END
"""

import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bed as beds

RELAY, END = sys.argv[1:3]
IS_FULL = os.environ.get("HEIN_NETNS_FULL") == "1"
N_RECEIVERS = 8
N_MESSAGES = 2000
RATE = 2000
INVALID = 7  # HEIN_DROP_INVALID
# Of what is reliable, so much must come at least. A machine that is busy makes
# for slow repairs, and after 10 s a fragment is given up.
HEADROOM = 0.9
FAULTS = ("loss", "duplication", "reordering", "corruption", "delay")
ports = itertools.count(5000)
runs = itertools.count(1)


def check(claim, what):
    if not claim:
        raise AssertionError(what)


class Group:
    """A sender and receivers on the bed, with what they say of each other."""

    def __init__(self, bed, key, is_reliable, n_receivers):
        self.bed = bed
        self.sizes = (100, 3000)
        self.is_reliable = is_reliable
        self.address = (f"udp-multicast://239.77.0.1:{next(ports)}"
                        f"?interface=lan&key-file={key}"
                        f"&reliable={'yes' if is_reliable else 'no'}")
        self.receivers = [self.start(number, f"receiver{number}")
                          for number in range(1, n_receivers + 1)]
        self.sender = self.start(0, "sender")
        began = time.monotonic()
        self.meet(self.sender, self.receivers)
        self.meeting = time.monotonic() - began

    def start(self, number, name):
        run = next(runs)
        end = self.bed.start_end(number, END, name, self.address, str(run),
                                 str(self.sizes[0]), str(self.sizes[1]))
        end.run = run
        end.name = name
        end.number = number
        end.wait("open")
        return end

    @staticmethod
    def meet(sender, receivers):
        for receiver in receivers:
            receiver.wait("peer-added", sender.name)

    @staticmethod
    def get(receiver, sender):
        """What came to it of the sender's run, and all its report."""
        report = receiver.report()
        empty = {"first": 0, "last": -1, "delivered": 0, "duplicates": 0,
                 "out_of_order": 0}
        run = report["runs"].get(str(sender.run), empty)
        run["lost"] = report["lost"].get(sender.name, 0)
        run["invalid"] = report["dropped"][INVALID]
        return run, report

    def knows_all(self, receiver, n):
        run, _ = self.get(receiver, self.sender)
        return run["delivered"] + run["lost"] >= n

    def settle(self, n, receivers=None):
        """Until each knows of all `n`, and nothing flies any more."""
        for receiver in receivers or self.receivers:
            beds.wait_until(lambda: self.knows_all(receiver, n),
                            lambda: f"{receiver.name} knows of less than {n}: "
                            f"{self.get(receiver, self.sender)}")
        reports = []

        def is_calm():
            reports.append(self.bed.relay.report())
            return reports[-1]["flying"] == 0
        beds.wait_until(is_calm, "the relay never rests")
        return add_reports(reports)

    def check(self, receiver, n, is_whole=True):
        run, report = self.get(receiver, self.sender)
        what = f"{receiver.name}, of {n}: {run}, {report}"
        check(report["wrong"] == 0, f"wrong messages: {what}")
        check(run["duplicates"] == 0, f"twice: {what}")
        if self.is_reliable:
            check(run["out_of_order"] == 0, f"out of order: {what}")
            check(report["misplaced"] == 0, f"gaps elsewhere: {what}")
            named = sum(n for name, n in report["lost"].items() if name)
            check(report["told"] == named, f"not told as counted: {what}")
        if not is_whole:
            return run
        check(run["delivered"] + run["lost"] == n, f"the sum: {what}")
        return run

    def end(self):
        for end in [self.sender, *self.receivers]:
            self.bed.end(end)


def add_reports(reports):
    total = reports[0]
    for one in reports[1:]:
        for port, more in zip(total["ports"], one["ports"]):
            for name in port:
                port[name] += more[name]
        for name in ("overrun", "unsent"):
            total[name] += one[name]
    return total


def set_faults(bed, seed, **faults):
    bed.relay.report()  # it counts anew
    bed.relay.tell(f"seed {seed}",
                   *(f"{name} {faults.get(name, 0)}" for name in FAULTS))


def say(text):
    print(f"# {text}", flush=True)


# ---- the matrix ----

def describe(group, wire, delivered, lost, began):
    n_receivers = len(group.receivers)
    ports = wire["ports"][1:n_receivers + 1]
    offered = sum(one["offered"] for one in ports)
    wire_lost = sum(one["lost"] for one in ports)
    say(f"  on the wire {wire['ports'][0]['in']} of the sender, "
        f"{sum(one['in'] for one in ports)} of receivers; lost {wire_lost} of "
        f"{offered}, twice {sum(one['doubled'] for one in ports)}, held "
        f"{sum(one['held'] for one in ports)}, damaged "
        f"{sum(one['damaged'] for one in ports)}, relay overrun "
        f"{wire['overrun']}; delivered {min(delivered)} to {max(delivered)}, "
        f"reported lost {min(lost)} to {max(lost)}; "
        f"{time.monotonic() - began:.1f} s, {group.meeting:.1f} of it to meet")


def run_cell(bed, key, is_reliable, n_receivers, **faults):
    """Small messages share a datagram: one that is lost is several of them."""
    began = time.monotonic()
    set_faults(bed, 20180801, **faults)
    group = Group(bed, key, is_reliable, n_receivers)
    group.sender.tell(f"send {N_MESSAGES} {RATE}")
    group.sender.wait("sent")
    wire = group.settle(N_MESSAGES)
    found = [group.check(one, N_MESSAGES) for one in group.receivers]
    describe(group, wire, [one["delivered"] for one in found],
             [one["lost"] for one in found], began)
    group.end()
    for run, port in zip(found, wire["ports"][1:]):
        if is_reliable:
            check(run["delivered"] >= N_MESSAGES * HEADROOM,
                  f"only {run['delivered']} came")
        if faults.get("loss", 0) == 0 and not faults.get("corruption", 0):
            check(run["lost"] <= wire["overrun"], f"lost without loss: {run}")
        elif not is_reliable:
            check(run["lost"] > 0, f"nothing is counted: {run}, {port}")
    return found, wire


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


def wait_sent(group, n):
    beds.wait_until(lambda: group.sender.report()["sent"] >= n,
                    f"the sender does not go on to {n}")


def run_interruption(bed, key, stop, go_on):
    """First a receiver is away for 1000 messages, 2 s, then the sender is."""
    began = time.monotonic()
    set_faults(bed, 1)
    group = Group(bed, key, True, 3)
    group.sender.tell("send 3000 500")
    wait_sent(group, 200)
    stop(1)
    wait_sent(group, 1200)
    go_on(1)
    wait_sent(group, 1500)
    stop(0)
    wait_sent(group, 2500)
    go_on(0)
    group.sender.wait("sent")
    wire = group.settle(3000)
    found = [group.check(one, 3000) for one in group.receivers]
    describe(group, wire, [one["delivered"] for one in found],
             [one["lost"] for one in found], began)
    check(min(one["last"] for one in found) == 2999, "they did not go on")
    group.end()


def test_interface_down(bed, key):
    run_interruption(bed, key, lambda number: bed.set_link(number, "down"),
                     lambda number: bed.set_link(number, "up"))


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


# ---- life ----

def get_tests():
    tests = [make_cell(True, *cell) for cell in get_cells()]
    cells = get_cells() if IS_FULL else [
        (0, 5, 25, 8), (1, 0, 0, 3), (5, 5, 25, 3), (10, 5, 0, 8),
        (30, 0, 25, 1)]
    tests += [make_cell(False, *cell) for cell in cells]
    faults = (test_corruption, test_slow, test_interface_down,
              test_interface_anew, test_partition, test_away_too_long,
              test_receiver_killed, test_sender_killed, test_one_peer_moves)
    return tests + [(one.__name__[5:].replace("_", "-"), one) for one in faults]


def skip_all(tests, reason):
    for number, (name, _) in enumerate(tests, 1):
        print(f"ok {number} /netns/{name} # SKIP {reason}")


def run_all(tests, key):
    failures = 0
    bed = beds.Bed(N_RECEIVERS + 1, RELAY)
    try:
        for number, (name, test) in enumerate(tests, 1):
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
    chosen = re.compile(os.environ.get("HEIN_NETNS_ONLY", ""))
    tests = [one for one in get_tests() if chosen.search(one[0])]
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
