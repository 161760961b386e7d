#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein send --deliver --spool` keeps when it is killed. TAP."""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tap
from tool_test import ANY, LIMIT_S, Running, has, run, same

N = 500


@contextlib.contextmanager
def outbox():
    with tempfile.TemporaryDirectory(prefix="hein-spool-") as folder:
        yield Path(folder) / "outbox"


def send(spool, uri, *args):
    return ["send", "--name", "till", "--dial", uri, "--deliver", "--spool",
            str(spool), *args]


def receive(uri, *args):
    return Running("receive", "--name", "office", "--listen", uri, "--format", "raw",
                   *args)


def count_posted(spool):
    """How many messages its files have."""
    n = 0
    for path in spool.glob("*.spool"):
        data = path.read_bytes()
        at = 32
        while at + 24 <= len(data):
            end = at + 24 + int.from_bytes(data[at + 4:at + 8], "little")
            n += data[at + 16] == 1 and end <= len(data)
            at = end
    return n


def wait_until(condition):
    end = time.monotonic() + LIMIT_S
    while not condition():
        time.sleep(0.002)
        assert time.monotonic() < end, "waited in vain"


def nobody(folder):
    """An address at which somebody may come later."""
    return f"unix:{folder}/later.sock"


def test_receiver_comes_later():
    """Killed before anybody was there; the next command delivers it."""
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "one", "two")) as sender:
            wait_until(lambda: count_posted(spool) == 2)
            sender.process.kill()
        with receive(uri, "--count", "2") as receiver:
            receiver.uri()
            same(run(*send(spool, uri)), (0, b"", ""))
            same(receiver.end()[:2], (0, b"onetwo"))


def test_waits():
    """Without being killed, it goes on until somebody comes."""
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "--json", "one")) as sender:
            wait_until(lambda: count_posted(spool) == 1)
            with receive(uri, "--count", "1") as receiver:
                same(receiver.end()[:2], (0, b"one"))
            status, out, errors = sender.end()
            same((status, errors), (0, ""))
            told, summary = map(json.loads, out.splitlines())
            same((told["peer"], told["outcome"], told["error"]),
                 ("office", "acknowledged", None))
            same((summary["sent"], summary["acknowledged"]), (1, 1))
        same(run(*send(spool, uri)), (0, b"", ""))


def test_killed():
    """Killed at some moment among many, several times: each message is handled,
    in order, and none twice."""
    chance = random.Random(os.environ.get("HEIN_HISTORY_SEED"))
    with outbox() as spool:
        uri = nobody(spool.parent)
        words = [f"{number}" for number in range(N)]
        lines = "".join(word + "\n" for word in words).encode()
        with Running("receive", "--name", "office", "--listen", uri, "--count", str(N),
                     "--format", "json") as receiver:
            receiver.uri()
            with Running(*send(spool, uri, "-"), stdin=subprocess.PIPE) as sender:
                sender.process.stdin.write(lines)
                wait_until(lambda: count_posted(spool) == N)
                sender.process.kill()
            for _ in range(3):
                with Running(*send(spool, uri)) as sender:
                    time_left = chance.random() * 0.05
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        sender.process.wait(time_left)
                    sender.process.kill()
            same(run(*send(spool, uri))[0], 0)
            status, out, _ = receiver.end()
            same(status, 0)
            same([json.loads(line)["payload"] for line in out.splitlines()], words)


def test_two():
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "one")):
            wait_until(lambda: (spool / "lock").exists())
            status, _, errors = run(*send(spool, uri, "two"))
            same(status, 1)
            has(errors, "another process")


def test_refused():
    """What a receiver does not want is said, and does not stay."""
    with outbox() as spool:
        with receive(ANY, "--topic", "good") as receiver:
            uri = receiver.uri()
            status, _, errors = run(*send(spool, uri, "--attribute", "id=x/1",
                                          "--topic", "bad", "--to", "office", "x"))
            same(status, 1)
            has(errors, "message x/1 failed: ")
            same(run(*send(spool, uri)), (0, b"", ""))


def test_to():
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "--to", "office", "one")) as sender:
            wait_until(lambda: count_posted(spool) == 1)
            sender.process.kill()
        with Running("receive", "--name", "other", "--dial", uri, "--quiet"):
            with receive(uri, "--count", "1") as receiver:
                same(run(*send(spool, uri))[0], 0)
                same(receiver.end()[:2], (0, b"one"))


def test_usage():
    for args in (["--name", "a", "--spool", "x", "t"],
                 ["--deliver", "--spool", "x", "t"]):
        same(run("send", "--dial", ANY, *args)[0], 2)
    status, _, errors = run(*send("/dev/null/x", "tcp://127.0.0.1:1", "t"))
    same(status, 1)
    has(errors, "/dev/null/x")


tests = [
    ("tool/spool/receiver-comes-later", test_receiver_comes_later),
    ("tool/spool/waits", test_waits),
    ("tool/spool/killed", test_killed),
    ("tool/spool/two", test_two),
    ("tool/spool/refused", test_refused),
    ("tool/spool/to", test_to),
    ("tool/spool/usage", test_usage),
]
sys.exit(tap.run(tests))
