# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a group goes through: a wire with faults, and members that are away."""

import time

import bed as beds
from members import IPV4, Group, check, say, set_faults

N_MESSAGES = 2000
RATE = 2000
# Of what is reliable, so much must come at least. A machine that is busy makes
# for slow repairs, and after 10 s a fragment is given up.
HEADROOM = 0.9


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


def run_cell(bed, key, is_reliable, n_receivers, host=IPV4, **faults):
    """Small messages share a datagram: one that is lost is several of them."""
    began = time.monotonic()
    set_faults(bed, 20180801, **faults)
    group = Group(bed, key, is_reliable, n_receivers, host)
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


def wait_sent(group, n):
    beds.wait_until(lambda: group.sender.report()["sent"] >= n,
                    f"the sender does not go on to {n}")


def run_interruption(bed, key, stop, go_on, host=IPV4, n=3000):
    """First a receiver is away for a third of the messages, then the sender is.
    Returns how often the sender has told of trouble."""
    began = time.monotonic()
    set_faults(bed, 1)
    group = Group(bed, key, True, 3, host=host)
    group.sender.tell(f"send {n} 500")
    for number, left, back in ((1, 2, 12), (0, 15, 25)):
        wait_sent(group, n * left // 30)
        stop(number)
        wait_sent(group, n * back // 30)
        go_on(number)
    group.sender.wait("sent")
    wire = group.settle(n)
    found = [group.check(one, n) for one in group.receivers]
    describe(group, wire, [one["delivered"] for one in found],
             [one["lost"] for one in found], began)
    check(min(one["last"] for one in found) == n - 1, "they did not go on")
    n_failed = sum(one["event"] == "failed" for one in group.sender.events)
    group.end()
    return n_failed
