#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands `hein record` and `hein replay`."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mcap_file
import tap
from tool_test import ANY, LIMIT_S, Running, has, run, same

MODULES = os.environ.get("HEIN_TEST_MCAP")
READ = """
import { McapIndexedReader } from "@mcap/core";
import { open } from "fs/promises";
const file = await open(process.argv[1]);
const readable = {
  size: async () => BigInt((await file.stat()).size),
  read: async (at, size) => {
    const bytes = Buffer.alloc(Number(size));
    await file.read(bytes, 0, Number(size), Number(at));
    return bytes;
  },
};
const reader = await McapIndexedReader.Initialize({ readable });
for await (const message of reader.readMessages())
  console.log(JSON.stringify([reader.channelsById.get(message.channelId).topic,
                              Buffer.from(message.data).toString()]));
"""


def folder():
    return tempfile.TemporaryDirectory(prefix="hein-record-")


def record(path, *args):
    return Running("record", "--name", "bert", "--listen", ANY, "--output",
                   str(path), *args)


def send(uri, *args, data=None):
    same(run("send", "--name", "anna", "--dial", uri, *args, data=data),
         (0, b"", ""))


def make(path, n=3, *args):
    """A recording of numbers from 1 on, of the topic 'n'."""
    with record(path, "--count", str(n), *args) as recorder:
        send(recorder.uri(), "--topic", "n", "-",
             data="".join(f"{i}\n" for i in range(1, n + 1)).encode())
        status, _, errors = recorder.end()
        same(status, 0)
        has(errors, f"{n} message")


def replay(path, *args, count=None):
    """What a receiver prints of it, in JSON; and how the command ended."""
    end = ["--count", str(count)] if count else []
    with Running("receive", "--listen", ANY, "--format", "json", *end) as receiver:
        ended = run("replay", str(path), "--name", "carl", "--dial",
                    receiver.uri(), *args)
        if not count:
            receiver.interrupt()
        _, out, _ = receiver.end()
        return [json.loads(line) for line in out.splitlines()], ended


def payloads(messages):
    return [message["payload"] for message in messages]


def numbers(n):
    return [str(i) for i in range(1, n + 1)]


# ---- both ----


def test_what_was_said():
    """Topics, content types and payloads come back, from whom they are sent now."""
    with folder() as place:
        path = Path(place, "a.mcap")
        with record(path, "--count", "4") as recorder:
            uri = recorder.uri()
            send(uri, "--topic", "greet/ö", "hello", "")
            send(uri, "--type", "application/json", '{"a": 1}')
            send(uri, "--topic", "x", "--type", "text/x", "y")
            status, out, errors = recorder.end()
            same((status, out), (0, b""))
            has(errors, "a.mcap: 4 messages")
        found, ended = replay(path, "--rate", "max", count=4)
        same(ended, (0, b"", ""))
        same([(m["sender"], m["topic"], m.get("content-type"), m["payload"])
              for m in found],
             [("carl", "greet/ö", None, "hello"), ("carl", "greet/ö", None, ""),
              ("carl", "", "application/json", '{"a": 1}'),
              ("carl", "x", "text/x", "y")])


def test_format():
    """What another reader finds."""
    with folder() as place:
        path = Path(place, "a.mcap")
        before = time.time_ns()
        make(path, 2000)
        found = mcap_file.read(path)
        same([m[4].decode() for m in found], numbers(2000))
        same({(m[0], m[1], m[2]["sender"]) for m in found}, {("n", "", "anna")})
        times = [m[3] for m in found]
        same(times, sorted(times))
        assert before - 10**9 < times[0] <= times[-1] < time.time_ns() + 10**9


def test_format_by_others():
    """What the format's own library finds."""
    if not MODULES:
        raise tap.Skip("HEIN_TEST_MCAP names no folder with @mcap/core of npm")
    with folder() as place:
        path = Path(place, "a.mcap")
        make(path, 2000)
        Path(place, "node_modules").symlink_to(MODULES)
        done = subprocess.run(["node", "--input-type=module", "-e", READ, path],
                              capture_output=True, timeout=LIMIT_S, cwd=place,
                              check=False)
        same((done.returncode, done.stderr), (0, b""))
        same([json.loads(line) for line in done.stdout.splitlines()],
             [["n", i] for i in numbers(2000)])


def test_as_fast_as_it_goes():
    """More than a peer's queue holds: nothing is dropped."""
    n = 30_000
    with folder() as place:
        path = Path(place, "a.mcap")
        with record(path, "--count", str(n)) as recorder:
            send(recorder.uri(), "--repeat", str(n), "x" * 1000)
            same(recorder.end()[0], 0)
        with Running("receive", "--listen", ANY, "--format", "raw", "--count",
                     str(n)) as receiver:
            with Running("replay", str(path), "--rate", "max", "--dial",
                         receiver.uri()) as player:
                status, out, _ = receiver.end()
                same((status, len(out)), (0, 1000 * n))
                same(player.end(), (0, b"", ""))


def test_compressed():
    with folder() as place:
        path, plain = Path(place, "a.mcap"), Path(place, "b.mcap")
        if "without zstd" in run("record", "--output", str(path), "--compress",
                                 "zstd", "--listen", ANY, "--timeout", "0.1")[2]:
            raise tap.Skip("built without zstd")
        make(path, 2000, "--force", "--compress", "zstd")
        make(plain, 2000)
        assert path.stat().st_size < plain.stat().st_size - 20_000
        found, ended = replay(path, "--rate", "max", count=2000)
        same((ended, payloads(found)), ((0, b"", ""), numbers(2000)))


def test_pace():
    """Between two messages it waits as long as it was then, or a tenth of it."""
    with folder() as place:
        path = Path(place, "a.mcap")
        with record(path, "--count", "3") as recorder:
            send(recorder.uri(), "--interval", "0.5", "1", "2", "3")
            same(recorder.end()[0], 0)
        took = {}
        for rate in ("1", "10"):
            start = time.monotonic()
            found, ended = replay(path, "--rate", rate, count=3)
            took[rate] = time.monotonic() - start
            same((ended, payloads(found)), ((0, b"", ""), numbers(3)))
        # never early, whatever else the machine does
        assert took["1"] >= 1, took


def test_some_topics():
    with folder() as place:
        path = Path(place, "a.mcap")
        with record(path, "--pattern", "house/**", "--count", "2") as recorder:
            uri = recorder.uri()
            has(run("send", "--dial", uri, "--topic", "garden/1", "no")[2],
                "nobody who is there has asked for the topic")
            send(uri, "--topic", "house/1", "one")
            send(uri, "--topic", "house/2", "two")
            same(recorder.end()[0], 0)
        found, ended = replay(path, "--topic", "house/2", "--rate", "max", count=1)
        same((ended, payloads(found)), ((0, b"", ""), ["two"]))


def test_again_and_again():
    with folder() as place:
        path = Path(place, "a.mcap")
        make(path)
        with Running("receive", "--listen", ANY, "--format", "json", "--count",
                     "10") as receiver:
            with Running("replay", str(path), "--rate", "max", "--loop", "--dial",
                         receiver.uri()) as player:
                _, out, _ = receiver.end()
                # what it had sent after the tenth reached nobody
                player.interrupt()
                has("01", str(player.end()[0]))
        same(payloads(map(json.loads, out.splitlines())), (numbers(3) * 4)[:10])


def test_nobody_there():
    with folder() as place:
        path = Path(place, "a.mcap")
        make(path)
        status, _, errors = run("replay", str(path), "--listen", ANY,
                                "--timeout", "0.3")
        same(status, 3)
        has(errors, "0 messages sent, 0 peers are there")


# ---- files that are not whole ----


def test_killed():
    """What was recorded until the last half second before can be read."""
    with folder() as place:
        path = Path(place, "a.mcap")
        with record(path) as recorder:
            send(recorder.uri(), "--topic", "n", *numbers(3))
            tap.wait_until(lambda: path.stat().st_size >= 100, LIMIT_S)
            recorder.process.send_signal(signal.SIGKILL)
            recorder.end()
        found, (status, _, errors) = replay(path, "--rate", "max")
        same((status, payloads(found)), (1, numbers(3)))
        has(errors, "was cut short")


def test_damaged():
    with folder() as place:
        path = Path(place, "a.mcap")
        make(path)
        data = bytearray(path.read_bytes())
        data[data.index(b"\x052"[1:], 100)] ^= 1
        path.write_bytes(data)
        found, (status, _, errors) = replay(path, "--rate", "max")
        same((status, found), (1, []))
        has(errors, "is damaged in 1 place")


def test_no_recording():
    with folder() as place:
        other = Path(place, "other")
        other.write_text("Good morning, this is no recording.")
        for path, error in ((Path(place, "none"), "No such file or directory"),
                            (other, "it is not an MCAP file"),
                            (place, "it is no file"),
                            ("/dev/zero", "it is no file")):
            status, out, errors = run("replay", str(path), "--listen", ANY)
            same((status, out), (1, b""))
            has(errors, f"hein: {path}: {error}")


# ---- the disk ----


def test_keeps_what_is_there():
    with folder() as place:
        path = Path(place, "a.mcap")
        make(path)
        before = path.read_bytes()
        status, _, errors = run("record", "--listen", ANY, "--output", str(path))
        same(status, 1)
        has(errors, "is there already: --force replaces it")
        same(path.read_bytes(), before)
        make(path, 1, "--force")
        same(len(mcap_file.read(path)), 1)


def test_full_disk():
    status, _, errors = run("record", "--listen", ANY, "--force", "--output",
                            "/dev/full")
    same(status, 1)
    has(errors, "/dev/full: it cannot be written: No space left on device")


def test_usage():
    for args, error in (
            (["record", "--listen", ANY], "--output is missing"),
            (["record", "--output", "x"], "--listen or --dial is missing"),
            (["record", "--output", "x", "--compress", "rar"],
             "--compress is zstd or none, not rar"),
            (["record", "--output", "x", "--count", "0"], "at least 1"),
            (["record", "--output", "x", "y"], "record takes no argument: y"),
            (["replay", "--listen", ANY], "the file to send is missing"),
            (["replay", "x", "y"], "replay takes one file"),
            (["replay", "x", "--rate", "-1"], "--rate takes max, or a number above 0"),
            (["replay", "x", "--rate", "0"], "--rate takes max, or a number above 0"),
            (["replay", "x", "--rate", "nan"], "--rate takes max, or a number above 0")):
        status, out, errors = run(*args)
        same((status, out), (2, b""))
        has(errors, error)


sys.exit(tap.run_functions(globals()))
