#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""System calls of `hein send` and `hein receive` fail, or come short, one after the
other: the nth of each kind, for each n until there is none. TAP.

Whatever fails, both end by themselves, without a crash. When the sender says that all
was handled, the receiver has printed all, once and in order; else the sender says why.

usage: test-fail-call.py FAIL-CALL [--all]

Without --all it is the first and the fourth call of each kind, over TCP.
"""
import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import Running

FAIL_CALL = sys.argv.pop(1)
IS_ALL = "--all" in sys.argv
FEW = (1, 4)
N_MAX = 400
SHORT = 0
# All of them fit into the pipe that is read when the receiver has ended.
LINES = ["one", "two", "x" * 40000, "four"]

TRANSPORTS = {
    "tcp": "tcp://127.0.0.1:0",
    "unix": "unix:{folder}/socket",
    "ws": "ws://127.0.0.1:0/path",
}
# What Linux documents for each of them, and would happen to a program in good health.
FAILURES = {
    "socket": (errno.EMFILE, errno.ENOBUFS),
    "bind": (errno.EADDRINUSE, errno.EACCES),
    "listen": (errno.EADDRINUSE,),
    "connect": (errno.ECONNREFUSED, errno.EADDRNOTAVAIL, errno.ENETUNREACH,
                errno.ETIMEDOUT, errno.EINTR),
    "accept4": (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM,
                errno.ECONNABORTED, errno.EINTR, errno.EPERM),
    "epoll_create1": (errno.EMFILE, errno.ENOMEM),
    "epoll_ctl": (errno.ENOMEM, errno.ENOSPC),
    "epoll_wait": (errno.EINTR,),
    "eventfd": (errno.EMFILE,),
    "timerfd_create": (errno.EMFILE,),
    "mmap": (errno.ENOMEM,),
    "getrandom": (SHORT, errno.EINTR),
    "recv": (SHORT, errno.EINTR, errno.ECONNRESET, errno.ENOMEM),
    "send": (SHORT, errno.EINTR, errno.EPIPE, errno.ENOBUFS),
    "sendmsg": (SHORT, errno.EINTR, errno.ECONNRESET, errno.ENOBUFS),
    "read": (SHORT, errno.EINTR),
    "write": (SHORT, errno.EINTR),
    "writev": (SHORT, errno.EINTR),
}


def name_of(how):
    return errno.errorcode[how] if how else "short"


class Session:
    """A receiver and a sender, one of whom has a call that fails."""

    def __init__(self, folder, transport, place, call, how, *, at=None, every=None):
        self.hits = Path(folder, "hits")
        self.hits.write_bytes(b"")
        self.lines = Path(folder, "lines")
        self.lines.write_text("\n".join(LINES) + "\n")
        self.address = TRANSPORTS[transport].format(folder=folder)
        self.place = place
        # what is no failure costs no connection
        self.is_harmless = how in (SHORT, errno.EINTR) and call not in ("connect", "accept4")
        self.failing = {**os.environ, "LD_PRELOAD": FAIL_CALL, "FAIL_CALL": call,
                        "FAIL_HOW": str(how), "FAIL_FILE": str(self.hits)}
        self.failing.update({"FAIL_AT": str(at)} if at else {"FAIL_EVERY": str(every)})

    def env(self, place):
        return self.failing if place == self.place else None

    def run(self):
        """Returns how often the call has failed."""
        with Running("receive", "--listen", self.address, "--format", "raw", "--verbose",
                     env=self.env("receive")) as receiver:
            said = self.read_address(receiver)
            if "listening on " not in said:
                self.check_refusal(said, *receiver.end())
                return self.count()
            address = said.split()[-1]
            with self.lines.open("rb") as lines, \
                    Running("send", "--dial", address, "--deliver", "-", stdin=lines,
                            env=self.env("send")) as sender:
                status, _, said = sender.end()
            receiver.interrupt()
            receiver_status, out, receiver_said = receiver.end()
            self.check(status, said, receiver_status, out, receiver_said)
            if self.is_harmless:
                assert status == 0 and receiver_said.count("peer-added") == 1, \
                    (status, said, receiver_said)
        return self.count()

    def count(self):
        return self.hits.stat().st_size

    @staticmethod
    def read_address(running):
        """What it says until it listens, or all of it."""
        said = ""
        for line in iter(running.process.stderr.readline, b""):
            said += line.decode()
            if line.startswith(b"listening on "):
                break
        return said

    @staticmethod
    def check_refusal(said, status, out, more):
        """It has not begun, and says why."""
        assert not out and not more, (out, more)
        assert is_without_bus(status, said) or (status == 1 and "hein: " in said), \
            (status, said)

    @staticmethod
    def check(status, said, receiver_status, out, receiver_said):
        story = (status, said[-500:], receiver_status, receiver_said[-500:])
        if is_without_bus(status, said):
            assert receiver_status == 0 and not out, story
            return
        assert status in (0, 1), story
        assert receiver_status in (0, 1), story
        whole = "".join(LINES)
        if status == 0:
            assert out.decode() == whole, (*story, len(out))
        else:
            assert said.startswith("hein: "), story
            assert receiver_status == 1 or is_part(out.decode(), LINES), (*story, len(out))


def is_without_bus(status, said):
    """To make a bus cannot fail, and ends the program where the system has nothing to
    make it of, as an allocation does."""
    return status == -signal.SIGTRAP and "a bus cannot be made" in said


def is_part(out, lines):
    """Whether it is some of the lines, in order."""
    for line in lines:
        out = out.removeprefix(line)
    return out == ""


def check_call(transport, place, call, how):
    n_hit = 0
    with tempfile.TemporaryDirectory(prefix="hein-fail-") as folder:
        for at in range(1, N_MAX + 1) if IS_ALL else FEW:
            try:
                if not Session(folder, transport, place, call, how, at=at).run():
                    break
            except (AssertionError, subprocess.TimeoutExpired):
                print(f"# call {at} of {call}")
                raise
            n_hit += 1
    print(f"# {n_hit} calls failed")
    if n_hit == 0:
        raise tap.Skip(f"{place} does not call it")


def check_often(transport, place, call, how):
    """Each third one: it takes longer, and all arrives."""
    with tempfile.TemporaryDirectory(prefix="hein-fail-") as folder:
        session = Session(folder, transport, place, call, how, every=3)
        if session.run() == 0:
            raise tap.Skip(f"{place} does not call it often")


tests = [(f"fail-call/{transport}/{place}/{call}/{name_of(how)}", check_call, transport, place,
          call, how)
         for transport in TRANSPORTS if IS_ALL or transport == "tcp"
         for place in ("send", "receive")
         for call, all_of_it in FAILURES.items()
         for how in all_of_it]
tests += [(f"fail-call/often/{transport}/{place}/{call}/{name_of(how)}", check_often, transport,
           place, call, how)
          for transport in TRANSPORTS if IS_ALL or transport == "tcp"
          for place in ("send", "receive")
          for call in ("recv", "send", "sendmsg", "read", "write", "epoll_wait")
          for how in FAILURES[call] if how in (SHORT, errno.EINTR)]
sys.argv = [argument for argument in sys.argv if argument != "--all"]
if __name__ == "__main__":
    names = sys.argv[1:]
    sys.exit(tap.run([test for test in tests if not names or test[0] in names]))
