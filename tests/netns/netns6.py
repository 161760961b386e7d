# SPDX-License-Identifier: LGPL-2.1-or-later
"""Groups of IPv6: those of a site, and those of one link."""

import contextlib
import itertools
import re
import sys
from pathlib import Path

import bed as beds
from members import (IPV4, SOCKET_TEST, TOOL, Group, check, count_delivered,
                     fail_to_join, make_uri, members, ports, run_inside, say,
                     send, set_faults, start_member, wait_delivered)
from scenarios import run_cell, run_interruption

SITE = "[ff15::77]"
LINK = "[ff02::77]"
HEAR = Path(__file__).with_name("hear.py")
NAME = {SITE: r"\[?fd77::1\]?:\d+", LINK: r"\[?fe80::[0-9a-f:]+%\w+\]?:\d+"}


# ---- formats ----

def test_plain(bed, key):
    """Three members; what one hears it can answer, to an address with a zone
    where the group is that of a link. Nobody hears itself."""
    set_faults(bed, 5)
    for host in (SITE, LINK):
        uri = make_uri(host, "plaintext=yes")
        with members(bed, *(start_member(bed, number, f"plain{number}", uri,
                                         (700, 3000))
                            for number in range(3))) as (one, two, three):
            send(one, 100)
            for other in (two, three):
                wait_delivered(other, one, 100)
            name = next(event["name"] for event in two.events
                        if event["event"] == "peer-added")
            check(re.fullmatch(NAME[host], name), f"a strange name: {name}")
            send(two, 100, name)
            wait_delivered(one, two, 100)
            check(count_delivered(three, two) == 0, "another one got it, too")
            check(count_delivered(one, one) == 0, "it hears itself")


def test_multisock(bed, key):
    """Here the socket of the group sends, and hears itself."""
    set_faults(bed, 14)
    for host in (SITE, LINK):
        uri = make_uri(host, "format=multisock&key=ncc&iv=1701&plaintext=yes")
        with members(bed, *(start_member(bed, number, f"multisock{number}", uri)
                            for number in range(2))) as (one, two):
            for sender, n in ((one, 100), (two, 50)):
                send(sender, n)
                for receiver in (one, two):
                    wait_delivered(receiver, sender, n)


def test_reliable(bed, key):
    for host in (SITE, LINK):
        found, wire = run_cell(bed, key, True, 3, host=host, loss=10,
                               duplication=5, reordering=25, corruption=1)
        check(all(one["damaged"] > 0 for one in wire["ports"][1:4]),
              "nothing was damaged")
        check(all(one["invalid"] > 0 for one in found), "none saw the damage")


def test_best_effort(bed, key):
    run_cell(bed, key, False, 2, host=LINK, loss=5)


def test_goodbye(bed, key):
    set_faults(bed, 6)
    for host in (SITE, LINK):
        group = Group(bed, key, False, 2, host=host)
        one, two = group.receivers
        group.meet(one, [group.sender, two])
        bed.end(one)
        for other in (group.sender, two):
            other.wait("peer-left", "receiver1")
        group.receivers.remove(one)
        group.end()


def test_one_peer_moves(bed, key):
    """By name, with loss, also when the address becomes another one."""
    set_faults(bed, 7, loss=10)
    for host in (SITE, LINK):
        group = Group(bed, key, True, 2, host=host)
        one, other = group.receivers
        group.meet(one, [group.sender])
        send(group.sender, 300, "receiver1")
        group.settle(300, [one])
        bed.set_address(1, 2, 102, "fd77::{}/64")
        send(one, 1)
        wait_delivered(group.sender, one, 1)
        send(group.sender, 300, "receiver1")
        group.settle(600, [one])
        run = group.check(one, 600)
        check(run["delivered"] == 600, f"not all came: {run}")
        check(count_delivered(other, group.sender) == 0,
              "another one got it, too")
        group.end()
        bed.set_address(1, 102, 2, "fd77::{}/64")


# ---- interfaces ----

def test_interface_down(bed, key):
    n_failed = run_interruption(
        bed, key, lambda number: bed.set_link(number, "down"),
        lambda number: bed.set_link(number, "up"), SITE, n=1500)
    check(0 < n_failed <= 2, f"trouble was told {n_failed} times")


def test_interface_anew(bed, key):
    """A group of one link is another one when the link is."""
    def go_on(number):
        bed.plug(number)
        bed.relay.tell(f"plug {number}")
    run_interruption(bed, key, bed.unplug, go_on, LINK, n=1500)


def test_ipv6_off(bed, key):
    """A link that is too narrow for IPv6 loses it, with all that was joined."""
    def set_mtu(number, mtu):
        beds.run(*beds.within(f"end{number}", "ip", "link", "set", "dev", "lan",
                              "mtu", str(mtu)))

    def go_on(number):
        set_mtu(number, 1500)
        bed.set_link(number, "up")
    for host in (SITE, LINK):
        run_interruption(bed, key, lambda number: set_mtu(number, 1000), go_on,
                         host, n=900)


def test_address_not_ready(bed, key):
    """Before a new address may be used the system asks whether it is another's.
    Who joins before that is heard after it."""
    set_faults(bed, 13)
    group = Group(bed, key, True, 1, host=LINK)
    bed.set_ipv6(2, "default", "accept_dad", 1)
    bed.unplug(2)
    bed.plug(2)
    bed.relay.tell("plug 2")
    late = group.start(2, "late")
    group.meet(late, [group.sender])
    group.meet(group.sender, [late])
    send(late, 10)
    wait_delivered(group.sender, late, 10)
    group.receivers.append(late)
    group.end()
    bed.set_ipv6(2, "default", "accept_dad", 0)


def test_choice(bed, key):
    """Without a name, the interface is the system's choice, also the next one
    that the system makes."""
    set_faults(bed, 8)
    uri = f"udp-multicast://{SITE}:{next(ports)}?plaintext=yes"
    with members(bed, *(start_member(bed, number, f"choice{number}", uri)
                        for number in range(2))) as (one, two):
        send(one, 10)
        wait_delivered(two, one, 10)
        bed.unplug(1)
        bed.plug(1)
        bed.relay.tell("plug 1")

        def is_back():
            send(one, 1)
            return count_delivered(two, one) > 10
        beds.wait_until(is_back, "it does not follow the system's choice")


@contextlib.contextmanager
def side_link(bed):
    bed.join(0, 1)
    try:
        yield
    finally:
        bed.part(0)


def get_name(sender, receiver):
    """By which it knows the only one that it hears on that link."""
    return next(event["name"] for event in receiver.events
                if event["event"] == "peer-added"
                and ("%" in event["name"]) == (sender.name == "side"))


def test_several_interfaces(bed, key):
    """All are heard, the first one is sent to. What is for one goes to any: on
    the side link the addresses are of that link alone."""
    set_faults(bed, 9)
    port = next(ports)
    with side_link(bed), members(bed, *(
            start_member(bed, number, name,
                         make_uri(SITE, "plaintext=yes", links, port))
            for number, (name, links) in enumerate(
                (("both", "side,lan"), ("side", "side"), ("lan", "lan"))))
            ) as (both, side, lan):
        for sender in (side, lan):
            send(sender, 50)
            wait_delivered(both, sender, 50)
        send(both, 50)
        wait_delivered(side, both, 50)
        check(count_delivered(lan, both) == 0, "it was sent to both")
        for receiver, n in ((side, 100), (lan, 50)):
            send(both, 50, get_name(receiver, both))
            wait_delivered(receiver, both, n)


def count_calls(bed, number):
    """Of the system, to send by UDP over IPv6, in that end."""
    _, text = run_inside(bed, number, "cat", "/proc/net/snmp6")
    return int(re.search(r"Udp6OutDatagrams\s+(\d+)", text)[1])


def test_segments(bed, key):
    """The kernel cuts and joins datagrams (UDP_SEGMENT, UDP_GRO): all come, by
    far fewer calls than datagrams. U6: what is larger than the link takes at a
    time is sent one by one."""
    with side_link(bed):
        for host, mtu in ((SITE, 1400), (LINK, 1400), (SITE, 3000),
                          (IPV4, 3000)):
            uri = make_uri(host, f"key-file={key}&reliable=yes&mtu={mtu}",
                           "side")
            if host == IPV4:
                for number in range(2):
                    beds.run(*beds.within(
                        f"end{number}", "ip", "address", "add",
                        f"10.78.0.{number + 1}/24", "dev", "side"))
            with members(bed, *(start_member(bed, number, f"cut{number}", uri,
                                             (20000, 20000))
                                for number in range(2))) as (one, two):
                two.wait("peer-added", one.name)
                before = count_calls(bed, 0)
                send(one, 200)
                wait_delivered(two, one, 200)
                n_calls = count_calls(bed, 0) - before
                check(not one.has("failed"), f"trouble: {one.events}")
                dropped = one.report()["dropped"]
                check(sum(dropped) == 0, f"something is gone: {dropped}")
                say(f"  {host}, mtu {mtu}: {n_calls} calls of IPv6")
                check(mtu > 1400 or 0 < n_calls < 1500, "they are not joined")


# ---- what goes how far ----

def test_ttl(bed, key):
    """What has TTL 0 stays, and what has more has so many hops."""
    port = next(ports)
    here = start_member(bed, 0, "here", make_uri(SITE, "plaintext=yes",
                                                 port=port))
    ear = bed.start_end(1, sys.executable, str(HEAR), SITE[1:-1], str(port),
                        "lan")
    ear.wait("open")
    for ttl in (0, 1, 7):
        set_faults(bed, 10)
        uri = make_uri(SITE, f"plaintext=yes&ttl={ttl}", port=port)
        with members(bed, start_member(bed, 0, f"ttl{ttl}", uri)) as (one,):
            send(one, 3)
            wait_delivered(here, one, 3)
            n_out = bed.relay.report()["ports"][0]["in"]
            check((n_out == 0) == (ttl == 0), f"TTL {ttl}: {n_out} went out")
    beds.wait_until(
        lambda: sum(event["event"] == "heard" for event in ear.events) >= 6,
        lambda: f"they were not heard: {ear.events}")
    check([event["hops"] for event in ear.events if event["event"] == "heard"]
          == [1] * 3 + [7] * 3, f"other hops: {ear.events}")
    bed.kill(ear)
    bed.end(here)


def test_loopback(bed, key):
    """With loopback=no this machine hears nothing, the next one does."""
    set_faults(bed, 11)
    port = next(ports)
    uri = make_uri(SITE, "plaintext=yes", port=port)
    with members(bed, start_member(bed, 0, "quiet", f"{uri}&loopback=no"),
                 start_member(bed, 0, "here", uri),
                 start_member(bed, 1, "there", uri)) as (quiet, here, there):
        send(quiet, 10)
        wait_delivered(there, quiet, 10)
        send(there, 1)
        wait_delivered(here, there, 1)
        check(count_delivered(here, quiet) == 0, "this machine hears it")


def test_one_port(bed, key):
    """Groups that share a port do not mix, not even on one machine (U14)."""
    set_faults(bed, 12)
    for hosts in ((SITE, "[ff15::78]"), (LINK, "[ff02::78]")):
        port = next(ports)
        uris = [make_uri(host, "plaintext=yes", port=port) for host in hosts]
        with members(bed, *(start_member(bed, number, f"port{number}-{i}", uri)
                            for number in range(2)
                            for i, uri in enumerate(uris))) as all_of_them:
            here, there = all_of_them[:2], all_of_them[2:]
            for sender in here:
                send(sender, 20)
            for sender, receiver in zip(here, there):
                wait_delivered(receiver, sender, 20)
            for sender in here:
                n = sum(count_delivered(receiver, sender)
                        for receiver in all_of_them)
                check(n == 20, f"{n} of 20 came")


# ---- errors, and the doctor ----

def test_errors(bed, key):
    options = "plaintext=yes"
    with side_link(bed):
        fail_to_join(bed, f"udp-multicast://{LINK}:7000?{options}",
                     "of one interface", "?interface=eth0")
        fail_to_join(bed, make_uri(LINK, options, "lan,side"),
                     "of one interface")
        fail_to_join(bed, f"udp-multicast://[ff02::77%25lan]:7000?{options}",
                     "write ?interface=lan instead")
        fail_to_join(bed, f"udp-multicast://{SITE}:7000", "lo", "route add")
        fail_to_join(bed, make_uri(SITE, f"{options}&ttl=0&loopback=no"),
                     "nobody would hear")
        bed.set_ipv6(0, "side", "disable_ipv6", 1)
        for host in (SITE, LINK):
            fail_to_join(bed, make_uri(host, options, "side"),
                         "side has no IPv6", "disable_ipv6")


def test_no_route(bed, key):
    """U11: who has none is told what to write."""
    bed.set_ipv6(0, "lan", "disable_ipv6", 1)
    fail_to_join(bed, f"udp-multicast://{SITE}:7000?plaintext=yes",
                 "no interface has a route for multicast", "?interface=lo")
    bed.set_ipv6(0, "lan", "disable_ipv6", 0)
    bed.set_link(0, "up")
    bed.wait_address(0, "lan")


def add_route(bed, number):
    status, text = run_inside(bed, number, "ip", "-6", "route", "replace",
                              "local", "ff00::/8", "dev", "lo")
    check(status == 0, text)


def test_doctor(bed, key):
    """Nothing is wrong where all is well; and what it advises helps."""
    options = f"key-file={key}"
    for host in (SITE, LINK):
        status, text = run_inside(bed, 3, TOOL, "doctor", "--join",
                                  make_uri(host, options))
        check(status == 0 and "can be joined on lan" in text, text)
    status, text = run_inside(bed, 3, TOOL, "doctor",
                              f"udp-multicast://{LINK}:7000?{options}")
    check(status != 0 and "interface=" in text, text)
    status, text = run_inside(bed, 3, TOOL, "doctor",
                              f"udp-multicast://{SITE}:7000")
    check(status != 0 and "route add local ff00::/8 dev lo" in text, text)
    add_route(bed, 3)
    for host in (SITE, LINK):
        status, text = run_inside(bed, 3, TOOL, "doctor",
                                  f"udp-multicast://{host}:7000")
        check(status == 0 and "came back on lo" in text, text)


def test_sockets(bed, key):
    """The sockets alone, on a lo that has groups of IPv6."""
    add_route(bed, 4)
    status, text = run_inside(bed, 4, SOCKET_TEST)
    check(status == 0 and "SKIP" not in text and "ipv6" in text, text)


# ---- all of them ----

TESTS = (test_plain, test_multisock, test_reliable, test_best_effort,
         test_goodbye, test_one_peer_moves, test_interface_down,
         test_interface_anew, test_ipv6_off, test_address_not_ready,
         test_choice, test_several_interfaces, test_segments, test_ttl,
         test_loopback, test_one_port, test_errors, test_no_route, test_doctor,
         test_sockets)


def make_cell(is_reliable, host, loss, n_receivers):
    mode = "reliable" if is_reliable else "best-effort"

    def test(bed, key):
        run_cell(bed, key, is_reliable, n_receivers, host=host, loss=loss,
                 duplication=5, reordering=25)
    return (f"ipv6/{mode}/{host[1:5]}/loss-{loss}/receivers-{n_receivers}",
            test)


def get_tests(is_full):
    tests = [("ipv6/" + one.__name__[5:].replace("_", "-"), one)
             for one in TESTS]
    cells = itertools.product((True, False), (SITE, LINK), (0, 1, 5, 10, 30),
                              (1, 3, 8)) if is_full else ()
    return tests + [make_cell(*cell) for cell in cells]
