#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What strangers do cannot make a bus use more memory than its limit. TAP.

usage: test-memory.py MEMORY-TARGET [--long] [--tls]

Each attack meets a process with a small memory-limit, whose application takes
nothing of what comes. Its resident memory grows by 1.25 times the limit and
32 MiB at most, while a good neighbour gets every message that was sent to it.
--long attacks with more, and prints how late the neighbour's came at worst.
"""
import base64
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

program = sys.argv[1]
is_long = "--long" in sys.argv
has_tls = "--tls" in sys.argv
LIMIT_MIB = 16
GROWTH_MIB = 1.25 * LIMIT_MIB + 32
SCALE = 4 if is_long else 1
PATIENCE_S = 60

# ---- ZMTP ----

GREETING = (b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL" + bytes(48))


def pair(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


def frame(data, flags=0):
    if len(data) < 256:
        return bytes([flags, len(data)]) + data
    return bytes([flags | 2]) + struct.pack(">Q", len(data)) + data


def command(name, data=b""):
    return frame(bytes([len(name)]) + name + data, 4)


def zmtp_hello(number):
    return GREETING + command(
        b"READY", pair(b"Socket-Type", b"DEALER") + pair(b"Identity", b"p%d" % number)
        + pair(b"X-Hein", b"1") + pair(b"X-Hein-Instance", os.urandom(16).hex().encode()))


def zmtp_subscribed(number):
    return zmtp_hello(number) + command(b"SUBSCRIBE", b"")


def parts(count):
    return frame(b"t", 1) + frame(b"", 1) * count + frame(b"")


FILLER = command(b"X" * 8, b"z" * 62000) * 4

# ---- the others ----


def aiomsg_hello(number):
    return struct.pack(">I", 18) + b"\x01\x01" + b"%016d" % number


def aiomsg_message(payload):
    return struct.pack(">I", 1 + len(payload)) + b"\x03" + payload


def aiomsg_request(number):
    return struct.pack(">I", 20) + b"\x04" + b"%016d" % number + b"abc"


def line(kind, data):
    return b'{"type": "%s", "data": "%s"}\n' % (kind, data)

# ---- groups: the format hein of udp-multicast, without a key ----

GROUP_DATA, GROUP_HEARTBEAT, GROUP_HELLO, GROUP_ADMIT = 1, 3, 6, 7
GROUP_FIRST = 1
INNER_AT, PAYLOAD_AT = 36, 60


class GroupMember:
    """One that sends to a group, and says nothing but what it is told to."""

    def __init__(self, group, name):
        self.group = group
        self.name = name
        self.id = os.urandom(16)
        self.number = 0  # of its last datagram

    def send(self, kind, payload, flags=0, dseq=1, index=0, size=0, ordinal=0):
        self.number += 1
        self.group.send(
            b"HM\x20\0" + bytes(4) + self.id + bytes(6) + self.number.to_bytes(6, "big")
            + struct.pack(">BBHQIII", kind, flags, 0, dseq, index, size, ordinal)
            + payload)

    def admit(self, nonce):
        """The answer to a HELLO: it lives, and what it says next is the first."""
        self.send(GROUP_ADMIT, nonce + self.number.to_bytes(8, "big") + bytes(18)
                  + self.name + b"\0" + os.urandom(16).hex().encode())


class Group:
    """What members send to, and where they hear what they are asked."""

    def __init__(self):
        self.address = f"239.255.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 0))
        self.port = self.socket.getsockname()[1]
        lo = socket.inet_aton("127.0.0.1")
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                               socket.inet_aton(self.address) + lo)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, lo)
        self.sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        self.uri = (f"udp-multicast://{self.address}:{self.port}"
                    "?format=hein&interface=lo&ttl=0")

    def send(self, datagram):
        self.sender.sendto(datagram, (self.address, self.port))

    def read_questions(self):
        """Pairs of the member that is asked and the nonce."""
        while select.select([self.socket], [], [], 0)[0]:
            said = self.socket.recv(65536)
            if said[INNER_AT] == GROUP_HELLO:
                yield said[PAYLOAD_AT:][:16], said[PAYLOAD_AT:][16:32]

    def close(self):
        self.socket.close()
        self.sender.close()


# ---- the scene ----


class Process:
    def __init__(self, *args):
        self.child = subprocess.Popen([program, *args], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)

    def read_number(self):
        return int(self.child.stdout.readline())

    def ask(self):
        self.child.stdin.write(b"?\n")
        self.child.stdin.flush()
        return [int(word) for word in self.child.stdout.readline().split()]

    def rss_mib(self):
        with open(f"/proc/{self.child.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)

    def cpu_s(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="ascii") as file:
            words = file.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.child.stdin.close()
        try:
            return self.child.wait(PATIENCE_S)
        finally:
            self.child.stdout.close()


class Scene:
    """A target, a good neighbour of it, and sockets that attack.

    n_dialled: so often the target dials whoever attacks.
    """

    def __init__(self, protocol, *options, n_dialled=0, group=None, extra=""):
        schemes = {"zmtp": "tcp", "channel": "channel"}.get(protocol, "tcp+" + protocol)
        self.server = socket.create_server(("127.0.0.1", 0), backlog=n_dialled)
        to_dial = f"{schemes}://127.0.0.1:{self.server.getsockname()[1]}"
        self.target = Process("listen", str(LIMIT_MIB), *options,
                              schemes + "://127.0.0.1:0" + extra,
                              "tcp://127.0.0.1:0" + extra,
                              "--dial", *[to_dial] * n_dialled,
                              *[group.uri for _ in [group] if group is not None])
        self.port = self.target.read_number()
        self.good = Process("hear",
                            f"tcp://127.0.0.1:{self.target.read_number()}{extra}")
        self.wait_for(lambda: self.good.ask()[0] > 20)
        self.sockets = []
        self.base = self.peak = self.target.rss_mib()

    @staticmethod
    def wait_for(condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "waited in vain"

    def look(self):
        self.peak = max(self.peak, self.target.rss_mib())

    def connect(self, hello, receive_buffer=None):
        one = socket.socket()
        if receive_buffer is not None:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        one.connect(("127.0.0.1", self.port))
        self.sockets.append(one)
        self.push(one, hello)
        return one

    def push(self, one, data, quiet_s=0.3):
        """Sends until all is gone, or nothing is taken any more. FALSE then."""
        one.setblocking(False)
        view = memoryview(data)
        while view:
            if not select.select([], [one], [], quiet_s)[1]:
                self.look()
                return False
            try:
                view = view[one.send(view):]
            except OSError:
                return False
            self.look()
        return True

    def accept(self, say, hear, *more):
        """By turns: what is said, and how much is to come then."""
        self.server.settimeout(PATIENCE_S)
        one = self.server.accept()[0]
        self.sockets.append(one)
        self.talk(one, say, hear, *more)
        return one

    def talk(self, one, *turns):
        for say, hear in zip(turns[::2], turns[1::2]):
            assert self.push(one, say)
            one.settimeout(PATIENCE_S)
            got = b""
            while len(got) < hear:
                more = one.recv(65536)
                assert more, "the connection ended"
                got += more

    def must_hold(self, n_mib):
        """The attack is one: the target has at least so much of it."""
        self.wait_for(lambda: self.target.ask()[0] >= n_mib << 20)

    @staticmethod
    def read_until(one, word):
        one.settimeout(PATIENCE_S)
        got = b""
        while word not in got:
            more = one.recv(65536)
            assert more, "the connection ended"
            got += more

    def push_many(self, one, data, count):
        return any(not self.push(one, data) for _ in range(count))

    @staticmethod
    def agrees(said, held):
        """Within a quarter, and its peers themselves."""
        return abs(said - held) <= max(said, held) / 4 + (1 << 20)

    def settle(self):
        """What it says at first is what it has allocated and mapped, as soon as it has
        given back what it keeps for the next large message: that is for a second,
        and it goes on saying the same meanwhile."""
        end = time.monotonic() + PATIENCE_S
        first = used = self.target.ask()
        while not (self.agrees(first[0], used[5]) and self.agrees(used[0], first[0])):
            if time.monotonic() > end:
                break
            used = self.target.ask()
        return [first[0], *used[1:]]

    def finish(self):
        """The neighbour got all that was sent to it, also from now on."""
        used = self.target.ask()
        n_more = used[1] + 50
        self.wait_for(lambda: self.good.ask()[0] >= n_more)
        self.look()
        used = self.settle()
        heard, worst_us = self.good.ask()
        self.server.close()
        for one in self.sockets:
            one.close()
        assert self.good.end() == 0
        assert self.target.end() == 0
        grown = self.peak - self.base
        text = (f"grew by {grown:.0f} MiB of {GROWTH_MIB:.0f}, says it holds "
                f"{used[0] / (1 << 20):.1f}, really {used[5] / (1 << 20):.1f}, cut {used[2]}")
        if is_long:
            text += f", worst latency {worst_us / 1000:.1f} ms, gap {used[4] / 1000:.1f} ms"
        print("# " + text)
        assert heard >= n_more
        assert grown <= GROWTH_MIB, text
        assert self.agrees(used[0], used[5]), text
        return used


# ---- the attacks ----


def attack_parts():
    """Messages of a thousand empty parts."""
    scene = Scene("zmtp")
    for i in range(6 * SCALE):
        one = scene.connect(zmtp_subscribed(i))
        scene.push_many(one, parts(1000) * 20, 40)
    scene.finish()


def attack_slices(*options):
    """Payloads that lie in blocks with little else that is needed."""
    scene = Scene("zmtp", *options)
    for i in range(4 * SCALE):
        one = scene.connect(zmtp_subscribed(i))
        for j in range(150):
            if not scene.push(one, frame(b"t%d" % j, 1) + frame(b"p" * 4097) + FILLER):
                break
    scene.finish()


def attack_slices_latest():
    attack_slices("--keep-latest")


def attack_large_slices():
    """Payloads that are too large to be copied, alone in their blocks."""
    scene = Scene("zmtp")
    for i in range(4 * SCALE):
        one = scene.connect(zmtp_subscribed(i))
        for _ in range(150):
            if not scene.push(one, frame(b"t", 1) + frame(b"p" * 40000) + FILLER):
                break
    scene.finish()


def attack_pings():
    """Questions whose answers nobody reads."""
    scene = Scene("zmtp")
    ping = command(b"PING", b"\0\1" + b"z" * 16)
    for i in range(20 * SCALE):
        one = scene.connect(zmtp_subscribed(i))
        scene.push_many(one, ping * 20000, 40)
    scene.finish()


def attack_departed():
    """Peers that go, with a thousand subscriptions and a message that waits."""
    scene = Scene("zmtp")
    wants = b"".join(command(b"SUBSCRIBE", b"%05d" % i + b"s" * 250) for i in range(1024))
    for i in range(300 * SCALE):
        one = scene.connect(zmtp_hello(i))
        scene.push(one, wants + frame(b"t", 1) + frame(b"x") + command(b"PING", b"\0\1"))
        scene.read_until(one, b"PONG")
        one.close()
        scene.sockets.pop()
        scene.look()
    scene.finish()


def attack_subscriptions():
    """Peers that stay, with a thousand subscriptions each."""
    scene = Scene("zmtp")
    wants = b"".join(command(b"SUBSCRIBE", b"%05d" % i + b"s" * 250) for i in range(1024))
    for i in range(100 * SCALE):
        scene.push(scene.connect(zmtp_hello(i)), wants)
    used = scene.finish()
    assert used[2] > 0, "nobody was cut, with a word about memory-limit"


def attack_unfinished(protocol, hello, start):
    """The beginnings of large messages."""
    scene = Scene(protocol)
    for i in range(60 * SCALE):
        one = scene.connect(hello(i))
        scene.push(one, start + b"1" * 1000000)
    scene.must_hold(4)
    scene.finish()


def attack_messages(protocol, hello, message, count):
    """Messages that nobody takes."""
    scene = Scene(protocol)
    for i in range(12 * SCALE):
        one = scene.connect(hello(i))
        scene.push_many(one, message * 200, count)
    scene.finish()


def half_zmtp():
    attack_unfinished("zmtp", zmtp_subscribed, b"\2" + struct.pack(">Q", 8000000))


def half_aiomsg():
    attack_unfinished("aiomsg", aiomsg_hello, struct.pack(">I", 8000000) + b"\1")


def half_socketengine():
    attack_unfinished("socketengine", lambda i: b"", b'{"type": "t", "data": "')


def half_tinyproto():
    """The body of a message that was asked for, and is not said to its end."""
    scene = Scene("tinyproto")
    for _ in range(60 * SCALE):
        one = scene.connect(b"")
        scene.talk(one, b"\xff", 1, struct.pack(">I", 8000000), 1)
        scene.push(one, b"1" * 1000000)
    scene.must_hold(4)
    scene.finish()


def soc_transmitters(count):
    """Who listens publishes: the target has dialled, and says its name."""
    scene = Scene("soc", n_dialled=count)
    return scene, [scene.accept(b"\6", 1, b"\6", 0) for _ in range(count)]


def half_soc():
    scene, transmitters = soc_transmitters(40)
    for one in transmitters:
        scene.push(one, b"__raw__t:0:" + b"1" * 1000000)
    scene.must_hold(4)
    scene.finish()


def many_soc():
    """Small messages of transmitters that the target has dialled."""
    scene, transmitters = soc_transmitters(12)
    for one in transmitters:
        scene.push_many(one, b"__raw__t:0:x\xac\x96\xac\x96" * 2000, 100)
    scene.must_hold(4)
    scene.finish()


def values_of_ever_new_topics():
    """To one that has subscribed to all, and reads none of it."""
    scene = Scene("channel", "--flood", "p0")
    scene.connect(zmtp_subscribed(0), receive_buffer=4096)
    n_values = 100000 * SCALE
    scene.wait_for(lambda: scene.target.ask()[6] > n_values or scene.look())
    scene.must_hold(4)
    scene.finish()


def many_aiomsg():
    attack_messages("aiomsg", aiomsg_hello, aiomsg_message(b"m" * 3), 200)


def many_socketengine():
    attack_messages("socketengine", lambda i: b"", line(b"t", b"x"), 200)


def many_images():
    image = base64.b64encode(b"\x89PNG" + bytes(200000))
    attack_messages("socketengine", lambda i: b"", line(b"image", image), 1)


def requests_aiomsg():
    many = b"".join(aiomsg_request(i) for i in range(100))
    attack_messages("aiomsg", aiomsg_hello, many, 20)


def newcomers_of_a_group():
    """Ever new senders, which never answer whether they live: what they say is
    held for a while."""
    group = Group()
    scene = Scene("zmtp", group=group)
    held = 0
    for i in range(1200 * SCALE):
        newcomer = GroupMember(group, b"n")
        for _ in range(60):
            newcomer.send(GROUP_DATA, bytes(1500), GROUP_FIRST, size=100000)
        held = max(held, scene.target.ask()[0])  # it has read them
        scene.look()
    # of 64 senders 96 KiB each, whatever memory-limit is
    assert 2 << 20 <= held <= 7 << 20, f"held {held}"
    scene.finish()
    group.close()


def unfinished_messages_of_a_group():
    """Members that send all of many large messages but the last fragment."""
    group = Group()
    scene = Scene("zmtp", group=group)
    members = {}
    for i in range(16 * SCALE):
        member = GroupMember(group, b"member%d" % i)
        members[member.id] = member
        member.send(GROUP_HEARTBEAT, struct.pack(">QQI", 1, 1, 1000))
    admitted = set()

    def answer():
        for name, nonce in group.read_questions():
            if name in members:
                members[name].admit(nonce)
                admitted.add(name)
        return len(admitted) == len(members)

    scene.wait_for(answer)
    most = 0
    for i in range(8):
        for member in members.values():
            for index in range(16):
                member.send(GROUP_DATA, bytes([index]) * 60000, GROUP_FIRST * (index == 0),
                            1 + 17 * i + index, index, 1000000, i)
                most = max(most, scene.target.ask()[0])
            scene.look()
    # a quarter of memory-limit
    assert 2 << 20 <= most <= (LIMIT_MIB // 4 + 1) << 20, f"held {most}"
    scene.finish()
    group.close()


# ---- encrypted streams ----

SEEDS = Path(__file__).resolve().parent / "fuzz" / "seeds" / "tls"
# what the words of the seeds were said with
KEY = "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"


class SecureScene(Scene):
    """The neighbour comes in by the same kind of door as those who attack."""

    def __init__(self):
        self.key = tempfile.NamedTemporaryFile("w")
        self.key.write(KEY)
        self.key.flush()
        super().__init__("zmtp", extra=f"?key-file={self.key.name}")
        self.cpu_s = self.target.cpu_s()

    def crowd(self, count, words):
        """So many at a time, who are gone behind it."""
        self.sockets = [self.connect(words) for _ in range(count)]
        for one in self.sockets:
            one.setblocking(True)
            one.settimeout(PATIENCE_S)
            one.recv(1)
            self.look()
            one.close()
        self.sockets = []


def recorded_words_of_tls():
    """The first words of somebody who has the key, again and again: they cost most,
    for they are answered, and what would have to follow nobody can say."""
    words = (SEEDS / "hello").read_bytes()[2:]
    scene = SecureScene()
    count = 10000 if is_long else 1000
    for _ in range(count // 100):
        scene.crowd(100, words)
    print(f"# {(scene.target.cpu_s() - scene.cpu_s) * 1000 / count:.2f} ms of CPU each, "
          "with the neighbour's messages", flush=True)
    scene.finish()


def slow_words_of_tls():
    """Those who say it byte by byte, and never end, all at once."""
    words = (SEEDS / "hello").read_bytes()[2:]
    scene = SecureScene()
    crowd = [scene.connect(b"") for _ in range(300)]
    for at in range(len(words) - 1 if is_long else 20):
        for one in crowd:
            scene.push(one, words[at:at + 1])
    scene.wait_for(lambda: scene.good.ask()[0] > 100)
    scene.sockets = []
    for one in crowd:
        one.close()
    scene.finish()


ATTACKS = [attack_parts, attack_slices, attack_slices_latest, attack_large_slices,
           attack_pings, attack_departed, attack_subscriptions, half_zmtp, half_aiomsg,
           half_socketengine, half_tinyproto, half_soc, many_aiomsg, many_socketengine,
           many_images, requests_aiomsg, many_soc, values_of_ever_new_topics,
           newcomers_of_a_group, unfinished_messages_of_a_group]
if has_tls:
    ATTACKS += [recorded_words_of_tls, slow_words_of_tls]

failed = 0
print(f"1..{len(ATTACKS)}", flush=True)
for attack in ATTACKS:
    name = attack.__name__.replace("_", "-")
    try:
        attack()
        print(f"ok - {name}", flush=True)
    except (AssertionError, OSError, ValueError, IndexError) as error:
        failed += 1
        print(f"# {error!r}\nnot ok - {name}", flush=True)
sys.exit(bool(failed))
