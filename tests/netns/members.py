# SPDX-License-Identifier: LGPL-2.1-or-later
"""Members of a group on the bed, and what they and the relay say of it."""

import contextlib
import itertools
import subprocess
import sys
import time

import bed as beds

RELAY, END, TOOL, SOCKET_TEST = sys.argv[1:5]
IPV4 = "239.77.0.1"
INVALID = 7  # HEIN_DROP_REASON_INVALID
FAULTS = ("loss", "duplication", "reordering", "corruption", "delay")
ports = itertools.count(5000)
runs = itertools.count(1)


def check(claim, what):
    if not claim:
        raise AssertionError(what)


def make_uri(host, options, interface="lan", port=None):
    return (f"udp-multicast://{host}:{port or next(ports)}"
            f"?interface={interface}&{options}")


def start_member(bed, number, name, address, sizes=(100, 3000)):
    run = next(runs)
    end = bed.start_end(number, END, name, address, str(run), str(sizes[0]),
                        str(sizes[1]))
    end.run = run
    end.name = name
    end.number = number
    end.wait("open")
    return end


def count_delivered(receiver, sender):
    """How many came of the sender's; 0 also where it is not known."""
    runs_heard = receiver.report()["runs"]
    return runs_heard.get(str(sender.run), {"delivered": 0})["delivered"]


@contextlib.contextmanager
def members(bed, *ends):
    """They end as they should, when nothing has failed before."""
    yield ends
    for end in ends:
        bed.end(end)


def send(sender, n, *to):
    after = len(sender.events)
    sender.tell(" ".join(["send", str(n), "1000", *to]))
    sender.wait("sent", after=after)


def wait_delivered(receiver, sender, n):
    beds.wait_until(
        lambda: count_delivered(receiver, sender) >= n,
        lambda: f"{receiver.name} has {count_delivered(receiver, sender)} of "
        f"{n} of {sender.name}: {receiver.report()}")
    check(count_delivered(receiver, sender) == n, "there are too many")


def run_inside(bed, number, *command):
    done = subprocess.run(
        beds.within(f"end{number}", *command), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=beds.SECONDS, check=False)
    return done.returncode, done.stdout


def fail_to_join(bed, uri, *words):
    status, text = run_inside(bed, 0, TOOL, "receive", "--listen", uri,
                              "--count", "1")
    check(status != 0 and all(word in text for word in words),
          f"{uri}: {status}, {text}")


class Group:
    """A sender and receivers on the bed, with what they say of each other."""

    def __init__(self, bed, key, is_reliable, n_receivers, host=IPV4):
        self.bed = bed
        self.is_reliable = is_reliable
        self.address = (f"udp-multicast://{host}:{next(ports)}"
                        f"?interface=lan&key-file={key}"
                        f"&reliable={'yes' if is_reliable else 'no'}")
        self.receivers = [self.start(number, f"receiver{number}")
                          for number in range(1, n_receivers + 1)]
        self.sender = self.start(0, "sender")
        began = time.monotonic()
        self.meet(self.sender, self.receivers)
        self.meeting = time.monotonic() - began

    def start(self, number, name):
        return start_member(self.bed, number, name, self.address)

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
