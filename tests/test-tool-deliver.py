#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein send --deliver` does."""

import json
import subprocess
import sys

import tap
from tool_test import ANY, Running, has, run, same


def receive(*args):
    return Running("receive", "--name", "bert", "--listen", ANY, "--format", "raw",
                   *args)


def deliver(uri, *args, **more):
    return run("send", "--name", "anna", "--dial", uri, "--deliver", *args, **more)


def test_acknowledged():
    with receive("--count", "3") as receiver:
        same(deliver(receiver.uri(), "one", "two", "three"), (0, b"", ""))
        same(receiver.end(), (0, b"onetwothree", ""))


def test_many():
    """More than may be open at a time, from standard input."""
    lines = b"".join(b"%d\n" % i for i in range(3000))
    with receive("--count", "3000") as receiver:
        same(deliver(receiver.uri(), "-", data=lines), (0, b"", ""))
        same(receiver.end(), (0, lines.replace(b"\n", b""), ""))


def test_failed():
    """Those that come when it has enough are not printed."""
    with receive("--count", "1") as receiver:
        status, out, errors = deliver(receiver.uri(), "one", "two", "three")
        same((status, out), (1, b""))
        assert not errors.count("message 1 "), errors
        same(receiver.end()[:2], (0, b"one"))
    for number in (2, 3):
        has(errors, f"message {number} ")


def test_receiver_goes():
    """Nothing is left to send once the last peer has gone: it waits for nobody."""
    for options in ([], ["--deliver"]):
        with receive("--count", "1") as receiver:
            with Running("send", "--dial", receiver.uri(), "--verbose", *options, "-",
                         stdin=subprocess.PIPE) as sender:
                sender.process.stdin.write(b"one\n")
                same(receiver.end()[:2], (0, b"one"))
                sender.wait_error("peer-removed bert")
                same(sender.end()[0], 0)


def test_json():
    with receive("--topic", "good") as receiver:
        uri = receiver.uri()
        status, out, errors = deliver(uri, "--topic", "good", "--json", "one", "two")
        same((status, errors), (0, ""))
        lines = [json.loads(line) for line in out.splitlines()]
        same(lines[:2], [{"message": i, "peer": "bert", "outcome": "acknowledged",
                          "error": None} for i in (1, 2)])
        summary = lines[2]
        same({name: summary[name] for name in
              ("sent", "peers", "acknowledged", "failed", "unknown")},
             {"sent": 2, "peers": 1, "acknowledged": 2, "failed": 0, "unknown": 0})
        # nobody has subscribed to this one
        status, out, errors = deliver(uri, "--topic", "bad", "--json", "x")
        same((status, errors), (1, ""))
        lines = [json.loads(line) for line in out.splitlines()]
        same((lines[0]["outcome"], lines[0]["peer"], lines[1]["failed"]),
             ("failed", None, 1))
        # who is named gets it all the same, and does not print it
        status, out, errors = deliver(uri, "--topic", "bad", "--to", "bert", "x")
        same((status, out), (1, b""))
        has(errors, "message 1 failed: bert: it does not print the topic")


def test_cannot():
    """It speaks no protocol that carries receipts."""
    with Running("receive", "--listen", "tcp+tinyproto://127.0.0.1:0") as receiver:
        status, out, errors = deliver(receiver.uri(), "x")
        same((status, out), (1, b""))
        has(errors, "cannot acknowledge")


def test_usage():
    same(deliver(ANY, "--strategy", "sticky", "--key", "k", "x")[0], 2)


def test_strategy():
    with receive("--count", "2") as receiver:
        same(deliver(receiver.uri(), "--strategy", "round-robin", "a", "b"),
             (0, b"", ""))


sys.exit(tap.run_functions(globals()))
