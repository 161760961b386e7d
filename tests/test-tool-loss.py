#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein receive` tells of what did not come, and of what does not fit.

HEIN_TOOL of the environment names it. The other member of the group is written
out here, byte by byte, so that it can leave out messages.
"""

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import traceback

TOOL = os.environ.get("HEIN_TOOL", "hein")
GROUP = "239.255.7.8"
LIMIT_S = 60
DATA, LOST, HELLO, ADMIT, BYE = 1, 5, 6, 7, 8
FIRST, LAST, RELIABLE = 1, 2, 4


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((GROUP, 0))
        return probe.getsockname()[1]


class Receiver:
    """A `hein receive` that has joined."""

    def __init__(self, port, options, *args):
        self.process = subprocess.Popen(
            [TOOL, "receive", "--listen",
             f"udp-multicast://{GROUP}:{port}?interface=lo&ttl=0&{options}", *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, bufsize=0)

    def __enter__(self):
        self.wait_error("listening on ")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def wait_error(self, start):
        """The rest of the next line of standard error that begins so."""
        for line in iter(self.process.stderr.readline, b""):
            if line.decode().startswith(start):
                return line.decode()[len(start):].strip()
        raise AssertionError(f"no line began with {start!r}")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        out, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out.decode(), errors.decode()


class Member:
    """One without a key, as the README of udp-multicast describes it."""

    def __init__(self, port, name):
        self.to = (GROUP, port)
        self.name = name
        self.id = os.urandom(16)
        self.seq = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                               socket.inet_aton("127.0.0.1"))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        self.socket.bind(("127.0.0.1", 0))
        self.ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.ears.bind(self.to)
        self.ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                             socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1"))
        self.ears.settimeout(LIMIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.ears.close()

    def say(self, kind, flags, dseq, ordinal, payload=b""):
        self.seq += 1
        header = b"HM\x10\0" + bytes(4) + self.id + struct.pack(">Q", self.seq)
        inner = struct.pack(">BBHQIII", kind, flags, 0, dseq, 0, len(payload), ordinal)
        self.socket.sendto(header + inner + payload, self.to)

    def send(self, number, text):
        """The message of that number, each in a fragment of its own."""
        self.say(DATA, FIRST | LAST | RELIABLE, number + 1, number,
                 b"\0\0\0\1" + text.encode())

    def lose(self, number):
        """All before that number is gone."""
        self.say(LOST, RELIABLE, number + 1, number, struct.pack(">Q", number + 1))

    def prove(self):
        """Says that it lives to whom it may concern: what it said counts."""
        while True:
            heard = self.ears.recv(2048)
            if heard[32] == HELLO and heard[56:72] == self.id:
                break
        names = self.name.encode() + b"\0" + b"0" * 32
        self.say(ADMIT, 0, 1, 0, heard[72:88] + struct.pack(">Q", self.seq) + names)


def check(claim, what):
    if not claim:
        raise AssertionError(what)


def test_messages_lost():
    """U5: which messages, when they would have been due, and how many."""
    port = free_port()
    with Receiver(port, "format=hein&reliable=yes", "--verbose", "--format",
                  "raw") as receiver, Member(port, "fake") as member:
        member.send(0, "one ")
        member.prove()
        receiver.wait_error("peer-added fake")
        member.send(4, "five ")
        member.lose(4)
        told = receiver.wait_error("messages-lost ")
        check(told == "fake: 3 from number 1 on", told)
        member.say(BYE, 0, 0, 0)
        receiver.wait_error("peer-removed fake")
        status, out, errors = receiver.end()
        check((status, out) == (0, "one five "), f"{status} {out!r}")
        check(errors == "hein: not received: 3 lost on the way\n", errors)


def test_best_effort():
    """U5: how many; a sender that leaves has said all."""
    port = free_port()
    with Receiver(port, "format=hein", "--verbose") as receiver, \
            Member(port, "fake") as member:
        member.say(DATA, FIRST | LAST, 1, 0, b"\0\0\0\1one")
        member.prove()
        receiver.wait_error("peer-added fake")
        member.say(DATA, FIRST | LAST, 3, 2, b"\0\0\0\1three")
        member.say(BYE, 0, 0, 0)
        receiver.wait_error("peer-removed fake")
        status, out, errors = receiver.end()
        check(status == 0 and out.count("\n") == 2, f"{status} {out!r}")
        check(errors == "1 message was dropped (lost)\n"
              "hein: not received: 1 lost on the way\n", errors)


def test_wrong_key():
    """U2: a person is told why nothing is heard, and that it was something."""
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key")
        subprocess.run([TOOL, "keygen", key], check=True, stdout=subprocess.DEVNULL)
        port = free_port()
        with Receiver(port, f"key-file={key}") as receiver, \
                Member(port, "fake") as member:
            member.say(DATA, FIRST | LAST, 1, 0, b"\0\0\0\1one")
            told = receiver.wait_error("hein: ")
            check("1 datagram does not fit this end" in told, told)
            check("not encrypted: the other end has no key" in told, told)
            status, out, errors = receiver.end()
            check((status, out) == (0, ""), f"{status} {out!r}")
            check(errors == "hein: not received: 1 of no use\n", errors)


def find_obstacle():
    inspected = subprocess.run([TOOL, "inspect"], capture_output=True, check=True)
    if b"udp-multicast" not in inspected.stdout:
        return "built without udp-multicast"
    try:
        with Member(free_port(), "probe") as member:
            member.ears.settimeout(1)
            member.say(BYE, 0, 0, 0)
            member.ears.recv(2048)
    except OSError as error:
        return f"no multicast on lo: {error}"
    return None


def main():
    tests = [test_messages_lost, test_best_effort, test_wrong_key]
    obstacle = find_obstacle()
    n_failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        name = test.__name__
        if obstacle is not None:
            print(f"ok {number} {name} # SKIP {obstacle}")
            continue
        try:
            test()
            print(f"ok {number} {name}", flush=True)
        except (AssertionError, OSError, ValueError,
                subprocess.SubprocessError):
            n_failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} {name}", flush=True)
    return 1 if n_failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
