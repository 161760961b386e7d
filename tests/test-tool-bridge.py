#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein bridge` does."""

import sys
import tempfile
from pathlib import Path

import tap
from tool_test import ANY, Running, has, run, same


class Bridge(Running):
    """Between a TCP port and a Unix socket, on both of which it listens."""

    def __init__(self, *args):
        self.folder = tempfile.TemporaryDirectory()
        self.unix = f"unix://{Path(self.folder.name)}/socket"
        super().__init__("bridge", "--listen", ANY, "--listen", self.unix, *args)
        self.tcp = next(uri for uri in (self.uri(), self.uri()) if uri.startswith("tcp:"))

    def stop(self):
        self.interrupt()
        return self.end()

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.folder.cleanup()


def receive(uri, *args):
    """One who has subscribed: the bridge is there before it."""
    receiver = Running("receive", "--dial", uri, "--count", "1", "--verbose", *args)
    receiver.wait_error("peer-added")
    return receiver


def send(uri, *args):
    return run("send", "--dial", uri, *args)


def test_both_ways():
    with Bridge() as bridge:
        for here, there in ((bridge.tcp, bridge.unix), (bridge.unix, bridge.tcp)):
            with receive(there, "--topic", "lamps") as receiver:
                same(send(here, "--topic", "lamps/1", "--deliver", "on")[0], 0)
                status, out, _ = receiver.end()
                same((status, out.split(b"\t")[1:]), (0, [b"lamps/1", b"on\n"]))
        status, out, errors = bridge.stop()
        same((status, out), (0, b""))
        same("not passed on" in errors, False)


def test_one_way():
    """In the order in which the addresses are given."""
    with Bridge("--one-way") as bridge:
        with receive(bridge.unix) as receiver:
            same(send(bridge.tcp, "--topic", "t", "--deliver", "there")[0], 0)
            same(receiver.end()[1].split(b"\t")[2], b"there\n")
        status, _, errors = send(bridge.unix, "--topic", "t", "--deliver", "back")
        same(status, 1)
        has(errors, "the bridge goes one way")
        has(bridge.stop()[2], "1 message was not passed on")


def test_order():
    """What is dialled is the first, where it is given first."""
    with Running("receive", "--listen", ANY, "--count", "1") as receiver:
        with tempfile.TemporaryDirectory() as folder:
            path = f"unix://{folder}/socket"
            with Running("bridge", "--one-way", "--dial", receiver.uri(), "--listen",
                         path) as bridge:
                bridge.uri()
                status, _, errors = send(path, "--topic", "t", "--deliver", "x")
                same(status, 1)
                has(errors, "the bridge goes one way")
                bridge.process.terminate()
                bridge.end()
        receiver.process.terminate()
        receiver.end()


def test_topics():
    """What is not passed on is told to who delivers it."""
    with Bridge("--topic", "lamps/", "--pattern", "doors/*") as bridge:
        with receive(bridge.unix, "--count", "2") as receiver:
            for topic, status in (("doors/1", 0), ("windows/1", 1), ("lamps/1", 0)):
                same(send(bridge.tcp, "--topic", topic, "--deliver", "x")[0], status)
            same([line.split(b"\t")[1] for line in receiver.end()[1].splitlines()],
                 [b"doors/1", b"lamps/1"])
        bridge.stop()


def test_requests():
    with Bridge("--serve", "shout/*") as bridge:
        with Running("serve", "--dial", bridge.unix, "--exec", "tr a-z A-Z", "--verbose",
                     "shout/*") as server:
            server.wait_error("peer-added")
            same(run("request", "--dial", bridge.tcp, "shout/x", "hello"),
                 (0, b"HELLO", ""))
            status, _, errors = run("request", "--dial", bridge.tcp, "other", "hello")
            same(status, 1)
            has(errors, "not served there")
            server.process.terminate()
            server.end()
        bridge.stop()


def test_same_id():
    """Nothing goes twice through bridges of one id."""
    with Bridge("--id", "x", "--verbose") as bridge:
        status, _, errors = send(bridge.tcp, "--topic", "t", "--attribute", "via=w,x",
                                 "--deliver", "m")
        same(status, 1)
        has(errors, "it has come through the bridge x before")
        status, _, errors = bridge.stop()
        same(status, 0)
        has(errors, "not passed on: t: it has come through the bridge x before")
        has(errors, "1 message was not passed on")


def test_usage():
    for args, reason in ((["--listen", ANY], "given twice, not 1 time"),
                         ([], "given twice, not 0 times"),
                         (["--dial", ANY, "--dial", ANY, "--listen", ANY],
                          "given twice, not 3 times"),
                         (["--listen", ANY, "--listen", ANY, "--id", "a b"], "--id: "),
                         (["--listen", ANY, "--listen", ANY, "--pattern", "a**"],
                          "--pattern: "),
                         (["--listen", ANY, "--listen", ANY, "--serve", "a**"],
                          "--serve: "),
                         (["--listen", ANY, "--listen", ANY, "x"], "no argument: x")):
        status, out, errors = run("bridge", *args)
        same((status, out), (2, b""))
        has(errors, reason)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
