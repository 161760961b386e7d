#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein send --deliver --spool` keeps when it is killed. TAP."""

import contextlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tap
from tool_test import ANY, LIMIT_S, Running, has, run, same

N = 500
DAY_MS = 24 * 60 * 60 * 1000


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


def nobody(folder):
    """An address at which somebody may come later."""
    return f"unix:{folder}/later.sock"


def test_receiver_comes_later():
    """Killed before anybody was there; the next command delivers it."""
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "one", "two")) as sender:
            tap.wait_until(lambda: count_posted(spool) == 2, LIMIT_S)
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
            tap.wait_until(lambda: count_posted(spool) == 1, LIMIT_S)
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
        with Running("receive", "--name", "office", "--listen", uri,
                     "--count", str(N + 1), "--format", "json") as receiver:
            receiver.uri()
            with Running(*send(spool, uri, "-"), stdin=subprocess.PIPE) as sender:
                sender.process.stdin.write(lines)
                tap.wait_until(lambda: count_posted(spool) == N, LIMIT_S)
                sender.process.kill()
            for _ in range(3):
                with Running(*send(spool, uri)) as sender:
                    time_left = chance.random() * 0.05
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        sender.process.wait(time_left)
                    sender.process.kill()
            same(run(*send(spool, uri))[0], 0)
            # what was handled, but not settled when the sender was killed, needs
            # a receiver that is still there
            same(run("send", "--name", "clock", "--dial", uri, "end")[0], 0)
            status, out, _ = receiver.end()
            same(status, 0)
            same([json.loads(line)["payload"] for line in out.splitlines()],
                 [*words, "end"])


def test_two():
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "one")):
            tap.wait_until(lambda: (spool / "lock").exists(), LIMIT_S)
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
            tap.wait_until(lambda: count_posted(spool) == 1, LIMIT_S)
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


# ---- hein spool ----


def post(spool, *args, n=1):
    """Leaves so many messages in a spool."""
    n += count_posted(spool)
    with Running(*send(spool, nobody(spool.parent), *args)) as sender:
        tap.wait_until(lambda: count_posted(spool) == n, LIMIT_S)
        sender.process.kill()


def look(spool):
    """The messages of it, what is said of all, and on standard error."""
    status, out, errors = run("spool", "--json", str(spool))
    *messages, total = map(json.loads, out.splitlines())
    return status, messages, total, errors


def read_all(spool):
    return {path.name: path.read_bytes() for path in sorted(spool.iterdir())}


def get_file(spool):
    [path] = spool.glob("*.spool")
    return path


def crc32c(data):
    rest = 0xffffffff
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82f63b78 if rest & 1 else 0)
    return rest ^ 0xffffffff


def change_times(path, posted_ms, expires_ms):
    """Of the message that the file begins with."""
    data = bytearray(path.read_bytes())
    end = 56 + int.from_bytes(data[36:40], "little")
    data[64:80] = struct.pack("<qq", posted_ms, expires_ms)
    data[32:36] = struct.pack("<I", crc32c(data[16:24] + data[36:end]))
    path.write_bytes(data)


def test_list():
    with outbox() as spool:
        post(spool, "--topic", "sold", "--attribute", "id=till/7", "12345")
        post(spool, "--topic", "sold\x1b[2J", "--to", "office", "x")
        first, second = sorted(spool.glob("*.spool"))
        change_times(first, int(time.time() * 1000) - 3 * DAY_MS, 0)
        change_times(second, 1000, 2000)
        before = read_all(spool)
        status, messages, total, errors = look(spool)
        same((status, errors), (0, ""))
        ages = [message.pop("age-ms") for message in messages]
        assert 3 * DAY_MS <= ages[0] < ages[1], ages
        second = messages[1].pop("id")
        assert second and second != "till/7", second
        same(messages, [
            {"number": 1, "topic": "sold", "to": None, "size": 5, "expired": False,
             "id": "till/7"},
            {"number": 2, "topic": "sold\x1b[2J", "to": "office", "size": 1,
             "expired": True}])
        size = sum(path.stat().st_size for path in spool.glob("*.spool"))
        same(total, {"messages": 2, "size": 6, "file-size": size, "in-use": False,
                     "missing": 0, "damaged": 0})
        status, out, errors = run("spool", str(spool))
        same((status, errors), (0, ""))
        head, *rows, last = out.decode().splitlines()
        same(head.split(), ["number", "bytes", "age", "to", "topic", "id"])
        same([row.split()[:2] for row in rows], [["1", "5"], ["2", "1"]])
        same(rows[0].split()[2], "3")
        same(rows[0].split()[3:], ["d", "-", "sold", "till/7"])
        has(rows[1], "office", "sold\\x1b[2J", second, "expired")
        same(last, f"2 messages, 6 bytes, in files of {size} bytes")
        same(read_all(spool), before)


def test_list_in_use():
    """While a process has it, which goes on; what it settles is gone."""
    with outbox() as spool:
        uri = nobody(spool.parent)
        with Running(*send(spool, uri, "one", "two")) as sender:
            tap.wait_until(lambda: count_posted(spool) == 2, LIMIT_S)
            for _ in range(20):
                status, messages, total, errors = look(spool)
                same((status, errors, total["in-use"]), (0, "", True))
                same([message["size"] for message in messages], [3, 3])
            has(run("spool", str(spool))[1].decode(), "; a process uses it")
            with receive(uri, "--count", "2") as receiver:
                same(receiver.end()[:2], (0, b"onetwo"))
            same(sender.end()[0], 0)
        status, messages, total, errors = look(spool)
        same((status, messages, total["messages"], total["in-use"], errors),
             (0, [], 0, False, ""))


def test_list_many():
    """In order, however many; a reader that goes is no trouble."""
    with outbox() as spool:
        lines = "".join(f"{number}\n" for number in range(3000)).encode()
        with Running(*send(spool, nobody(spool.parent), "-"),
                     stdin=subprocess.PIPE) as sender:
            sender.process.stdin.write(lines)
            tap.wait_until(lambda: count_posted(spool) == 3000, LIMIT_S)
            sender.process.kill()
        _, messages, total, _ = look(spool)
        same([message["number"] for message in messages], list(range(1, 3001)))
        same((total["messages"], total["size"]), (3000, len(lines) - 3000))


def test_list_none():
    with outbox() as spool:
        def fails(path, text):
            status, out, errors = run("spool", str(path))
            same((path, status, out), (path, 1, b""))
            has(errors, str(path), text)
            same(errors.count("\n"), 1)

        fails(spool, "No such file")
        spool.mkdir()
        fails(spool, "is no spool")
        (spool / "letter").write_text("x")
        fails(spool / "letter", "Not a directory")
        fails(spool, "is no spool")
        (spool / "lock").touch()
        same(look(spool)[:2], (0, []))
        (spool / "0000000000000001.spool").write_bytes(b"a letter, and not a spool of hein")
        fails(spool, "it is no file of a spool")
        spool.chmod(0o777)
        fails(spool, "other users may write to it")
        for args in ([], ["a", "b"], ["--wrong", "a"]):
            same((args, run("spool", *args)[0]), (args, 2))


def test_list_newer():
    with outbox() as spool:
        post(spool, "one")
        data = bytearray(get_file(spool).read_bytes())
        data[8] = 9
        get_file(spool).write_bytes(data)
        status, out, errors = run("spool", str(spool))
        same((status, out), (1, b""))
        has(errors, "version 9")


def test_list_damaged():
    """What is left is listed; what is torn at the end was never accepted."""
    with outbox() as spool:
        post(spool, "one", "second", n=2)
        data = bytearray(get_file(spool).read_bytes())
        get_file(spool).write_bytes(data + b"torn")
        status, messages, total, errors = look(spool)
        same((status, len(messages), total["damaged"], errors), (0, 2, 0, ""))
        size = 24 + int.from_bytes(data[36:40], "little")
        data[32 + size - 1] ^= 1
        get_file(spool).write_bytes(data)
        status, messages, total, errors = look(spool)
        same((status, [message["size"] for message in messages]), (1, [6]))
        same((total["messages"], total["missing"], total["damaged"]), (1, 1, size))
        has(errors, str(spool), f"{size} bytes are damaged", "1 messages are missing")


tests = [
    ("tool/spool/list", test_list),
    ("tool/spool/list-in-use", test_list_in_use),
    ("tool/spool/list-many", test_list_many),
    ("tool/spool/list-none", test_list_none),
    ("tool/spool/list-newer", test_list_newer),
    ("tool/spool/list-damaged", test_list_damaged),
    ("tool/spool/receiver-comes-later", test_receiver_comes_later),
    ("tool/spool/waits", test_waits),
    ("tool/spool/killed", test_killed),
    ("tool/spool/two", test_two),
    ("tool/spool/refused", test_refused),
    ("tool/spool/to", test_to),
    ("tool/spool/usage", test_usage),
]
sys.exit(tap.run(tests))
