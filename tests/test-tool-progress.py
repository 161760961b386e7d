#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The line that says how far a long command has come: on a terminal alone. TAP."""

import os
import subprocess
import sys
import tempfile

import tap
from tool_test import ANY, LIMIT_S, TOOL, Running, has, run, same

CLEAR = "\r\x1b[K"


class AtTerminal:
    """A `hein` whose standard error is a terminal."""

    def __init__(self, *args, term="xterm"):
        self.master, slave = os.openpty()
        self.process = subprocess.Popen(
            [TOOL, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave,
            env={**os.environ, "TERM": term})
        os.close(slave)
        self.shown = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        os.close(self.master)

    def read(self):
        """False at the end of the program."""
        try:
            self.shown += os.read(self.master, 65536).decode()
        except OSError:
            return False
        return True

    def wait_for(self, text):
        while text not in self.shown:
            assert self.read(), f"{text!r} is not in {self.shown!r}"

    def end(self):
        while self.read():
            pass
        return self.process.wait(LIMIT_S)


def test_bench():
    with AtTerminal("bench", "--seconds", "0.001") as bench:
        same(bench.end(), 0)
        for i in (1, 17, 30):
            has(bench.shown, f"{CLEAR}run {i} of 30")
        assert bench.shown.endswith(CLEAR), bench.shown[-40:]
    status, _, errors = run("bench", "--seconds", "0.001")
    same((status, errors), (0, ""))


def test_dumb_terminal():
    """It has no way to clear a line."""
    with AtTerminal("receive", "--listen", ANY, "--timeout", "1.5",
                    term="dumb") as receiver:
        same(receiver.end(), 3)
        assert "\x1b" not in receiver.shown and " peers, " not in receiver.shown


def test_send():
    """What it has sent so far, and nothing of it is left at the end."""
    with Running("receive", "--listen", ANY, "--count", "2", "--format", "raw") as receiver:
        with AtTerminal("send", "--dial", receiver.uri(), "-") as sender:
            sender.wait_for("1 peer, 0 messages, 0.000 MB")
            sender.process.stdin.write(b"hello\n")
            sender.process.stdin.flush()
            sender.wait_for("1 peer, 1 message, ")
            sender.process.stdin.write(b"bye\n")
            sender.process.stdin.close()
            same(sender.end(), 0)
            assert sender.shown.endswith(CLEAR), sender.shown[-40:]
        same(receiver.end()[:2], (0, b"hellobye"))


def test_complaints():
    """They do not stand in the line, and it comes back."""
    with AtTerminal("send", "--dial", "tcp://127.0.0.1:1", "text") as sender:
        sender.wait_for("0 peers, 0 messages")
        sender.wait_for("hein: tcp://127.0.0.1:1: ")
        n_shown = sender.shown.count("0 peers")
        while sender.shown.count("0 peers") == n_shown:
            assert sender.read()
        for line in sender.shown.replace("\r\n", "\n").split("\n"):
            last = line.rpartition(CLEAR)[2]
            assert not ("hein: " in last and not last.startswith("hein: ")), line


def test_receive():
    with AtTerminal("receive", "--listen", ANY, "--count", "1") as receiver:
        receiver.wait_for("0 peers, 0 messages")
        uri = receiver.shown.partition("listening on ")[2].split()[0]
        same(run("send", "--dial", uri, "text")[0], 0)
        same(receiver.end(), 0)
        assert receiver.shown.endswith(CLEAR), receiver.shown[-40:]


def test_record_and_replay():
    """How large the file is, then how much of it has been sent."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/file.mcap"
        with AtTerminal("record", "--listen", ANY, "--output", file, "--count", "2") as recorder:
            recorder.wait_for("0 peers, 0 messages, ")
            uri = recorder.shown.partition("listening on ")[2].split()[0]
            with Running("send", "--dial", uri, "-", stdin=subprocess.PIPE) as sender:
                sender.process.stdin.write(b"hello\n")
                recorder.wait_for("1 peer, 1 message, ")
                has(recorder.shown.rpartition(CLEAR)[2], " MB")
                sender.process.stdin.write(b"bye\n")
                sender.process.stdin.close()
                sender.process.stdin = None
                same(sender.end()[0], 0)
            same(recorder.end(), 0)
            assert recorder.shown.rpartition(CLEAR)[2].startswith(f"{file}: 2 messages, ")
        with Running("receive", "--listen", ANY, "--count", "2", "--format", "raw") as receiver:
            # nearly an hour between the two
            with AtTerminal("replay", file, "--dial", receiver.uri(), "--rate",
                            "0.00001") as replayer:
                replayer.wait_for("1 peer, 1 message, ")
                has(replayer.shown.rpartition(CLEAR)[2], " % of the file")


if __name__ == "__main__":
    sys.exit(tap.run_functions(dict(globals())))
