#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein receive` tells of what did not come, and of what does not fit.

The other member of the group is written out here, byte by byte, so that it can
leave out messages.
"""

import contextlib
import os
import socket
import struct
import sys
import tempfile

import tap
from tool_test import LIMIT_S, Running, has, need_multicast, run, same

GROUP = "239.255.7.8"
DATA, LOST, HELLO, ADMIT, BYE = 1, 5, 6, 7, 8
FIRST, LAST, RELIABLE = 1, 2, 4


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((GROUP, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def receive(port, options, *args):
    """A `hein receive` that has joined."""
    uri = f"udp-multicast://{GROUP}:{port}?interface=lo&ttl=0&{options}"
    with Running("receive", "--listen", uri, *args) as receiver:
        receiver.uri()
        yield receiver


def interrupt(receiver):
    receiver.interrupt()
    status, out, errors = receiver.end()
    return status, out.decode(), errors


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
        header = (b"HM\x20\0" + bytes(4) + self.id + bytes(6)
                  + self.seq.to_bytes(6, "big"))
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
            if heard[36] == HELLO and heard[60:76] == self.id:
                break
        names = self.name.encode() + b"\0" + b"0" * 32
        nonce, where = heard[76:92], heard[92:110]
        self.say(ADMIT, 0, 1, 0, nonce + struct.pack(">Q", self.seq) + where + names)


def need_hearing():
    need_multicast()
    try:
        with Member(free_port(), "probe") as member:
            member.ears.settimeout(1)
            member.say(BYE, 0, 0, 0)
            member.ears.recv(2048)
    except OSError as error:
        raise tap.Skip(f"no multicast on lo: {error}") from error


def test_messages_lost():
    """U5: which messages, when they would have been due, and how many."""
    need_hearing()
    port = free_port()
    with receive(port, "format=hein&reliable=yes", "--verbose", "--format",
                  "raw") as receiver, Member(port, "fake") as member:
        member.send(0, "one ")
        member.prove()
        receiver.wait_error("peer-added fake")
        member.send(4, "five ")
        member.lose(4)
        told = receiver.wait_error("messages-lost ")
        same(told, "fake: 3 from number 1 on")
        member.say(BYE, 0, 0, 0)
        receiver.wait_error("peer-removed fake")
        status, out, errors = interrupt(receiver)
        same((status, out, errors), (0, "one five ",
                                    "hein: not received: 3 lost on the way\n"))


def test_best_effort():
    """U5: how many; a sender that leaves has said all."""
    need_hearing()
    port = free_port()
    with receive(port, "format=hein", "--verbose") as receiver, \
            Member(port, "fake") as member:
        member.say(DATA, FIRST | LAST, 1, 0, b"\0\0\0\1one")
        member.prove()
        receiver.wait_error("peer-added fake")
        member.say(DATA, FIRST | LAST, 3, 2, b"\0\0\0\1three")
        member.say(BYE, 0, 0, 0)
        receiver.wait_error("peer-removed fake")
        status, out, errors = interrupt(receiver)
        same((status, out.count("\n")), (0, 2))
        same(errors, "1 message was dropped (lost)\n"
             "hein: not received: 1 lost on the way\n")


def test_wrong_key():
    """U2: a person is told why nothing is heard, and that it was something."""
    need_hearing()
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key")
        same(run("keygen", key)[0], 0)
        port = free_port()
        with receive(port, f"key-file={key}") as receiver, \
                Member(port, "fake") as member:
            member.say(DATA, FIRST | LAST, 1, 0, b"\0\0\0\1one")
            told = receiver.wait_error("hein: ")
            has(told, "1 datagram does not fit this end",
                "not encrypted: the other end has no key")
            status, out, errors = interrupt(receiver)
            same((status, out, errors),
                 (0, "", "hein: not received: 1 of no use\n"))


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
