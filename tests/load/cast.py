# SPDX-License-Identifier: LGPL-2.1-or-later
"""The processes of the soak: who they are, how they reach each other, their lives."""

import asyncio
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import board
import measure
import proxy

PATIENCE_S = 60

# {} is a port of this machine, or a path.
ADDRESSES = {
    "near": "unix:{}",  # nobody is on the way
    "unix": "unix:{}",
    "tcp": "tcp://127.0.0.1:{}",
    "key": "tcp://127.0.0.1:{}?key-file=KEY",
    "ws": "ws://127.0.0.1:{}/soak",
    "channel": "channel://127.0.0.1:{}?retain=yes",
    "values": "tcp://127.0.0.1:{}?retain=yes",
    "kept": "unix:{}?retain=yes",
    "aiomsg": "tcp+aiomsg://127.0.0.1:{}",
    "soc": "tcp+soc://127.0.0.1:{}?ack-timeout-ms=0",
    "socketengine": "tcp+socketengine://127.0.0.1:{}",
    "tinyproto": "tcp+tinyproto://127.0.0.1:{}",
    "strangers": "tcp://127.0.0.1:{}",
}
PATHS = ("near", "unix", "kept")


@dataclass
class Part:
    """Somebody who is there all the time, in one life after the other."""

    name: str
    part: str  # as load-peer has it
    rate: float = 0
    listens: tuple = ()  # labels of ADDRESSES
    dials: tuple = ()  # (part, label)
    deeds: tuple = ()  # what may be done to it: kill, close, pause
    group: str = ""  # an address, whole
    lives: list = field(default_factory=list)
    is_busy: bool = False  # something is done to it

    @property
    def life(self):
        return self.lives[-1]

    def count_connections(self):
        return len(self.listens) + len(self.dials) + 2 * bool(self.group)


class Life:
    """A process."""

    def __init__(self, part, name, folder):
        self.part = part
        self.name = name
        self.board_path = folder / f"{name}.board"
        self.errors_path = folder / f"{name}.stderr"
        self.board = None
        self.usage = None
        self.process = None
        self.is_ready = asyncio.Event()
        self.is_killed = False
        self.is_expected = False  # that it ends
        self.reader = None
        self.first_descriptors = None

    def is_running(self):
        return self.process.returncode is None

    def say(self, word):
        if self.is_running():
            self.process.stdin.write(f"{word}\n".encode())

    def find_end(self):
        """What is wrong with how it has ended, if it has."""
        errors = self.errors_path.read_text(errors="replace").strip()
        if errors:
            return f"{self.name} says: {errors[-1000:]}"
        if self.is_running() or self.is_killed:
            return None
        if not self.is_expected or self.process.returncode != 0:
            return f"{self.name} has ended with {self.process.returncode}"
        return None


class Cast:
    """All of them, and who is on the way."""

    def __init__(self, program, folder, parts, on_line):
        self.program = program
        self.folder = Path(folder)
        self.parts = {part.name: part for part in parts}
        self.on_line = on_line
        self.proxies = {}  # (part, label)
        self.is_going = False
        key = self.folder / "key"
        key.write_text(os.urandom(32).hex())
        key.chmod(0o600)

    def all_lives(self):
        return [life for part in self.parts.values() for life in part.lives]

    def lives(self, *kinds):
        """But those that could not begin."""
        return [life for life in self.all_lives()
                if life.board and (not kinds or life.part.part in kinds)]

    def path_of(self, name, label):
        return str(self.folder / f"{name}-{label}.sock")

    def address(self, label, place):
        return ADDRESSES[label].format(place).replace("KEY", str(self.folder / "key"))

    def proxy_of(self, name, label):
        return self.proxies.setdefault((name, label), proxy.Proxy())

    async def dial_address(self, name, label):
        """Where somebody is reached: by way of a proxy, but by one label."""
        if label == "near":
            return self.address(label, self.path_of(name, label))
        one = self.proxy_of(name, label)
        if one.place is None:
            one.place = await one.listen(self.path_of(f"to-{name}", label)
                                         if label in PATHS else None)
        return self.address(label, one.place)

    async def places_of(self, part):
        places = []
        for label in part.listens:
            place = self.path_of(part.name, label) if label in PATHS else 0
            places.append(f"{label}={self.address(label, place)}")
        for name, label in part.dials:
            if part.part == "come-late":
                places.append(f"board={self.folder / name}.now")
            places.append(f"{label}={await self.dial_address(name, label)}")
        if part.group:
            places.append(f"group={part.group.replace('KEY', str(self.folder / 'key'))}")
        return places

    async def start(self, part):
        name = f"{part.name}.{len(part.lives)}"
        life = Life(part, name, self.folder)
        environment = {**os.environ, "G_DEBUG": "fatal-warnings"}
        with life.errors_path.open("wb") as errors:
            life.process = await asyncio.create_subprocess_exec(
                self.program, part.part, name, life.board_path, str(part.rate),
                *await self.places_of(part), stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=errors, env=environment)
        part.lives.append(life)
        life.usage = measure.Usage(life.process.pid)
        life.reader = asyncio.create_task(self.read(life))
        await asyncio.wait_for(life.is_ready.wait(), PATIENCE_S)
        if not life.is_running():
            raise RuntimeError(f"{name} has not begun")
        life.board = board.Board(life.board_path)
        if self.is_going:
            life.say("go")
        if part.part == "retain":
            now = self.folder / f"{part.name}.now"
            now.with_suffix(".next").symlink_to(life.board_path)
            now.with_suffix(".next").replace(now)

    async def start_all(self):
        """Those who listen first."""
        for is_first in (True, False):
            await asyncio.gather(*(self.start(part) for part in self.parts.values()
                                   if bool(part.listens) == is_first))

    def go(self):
        """Everybody is there."""
        self.is_going = True
        for life in self.lives():
            life.say("go")

    async def read(self, life):
        while line := await life.process.stdout.readline():
            words = line.decode().split()
            if line[-1:] != b"\n":
                break  # what a kill has cut was told to nobody
            if words[0] == "open":
                self.note_open(life, *words[1:])
            elif words[0] == "ready":
                life.is_ready.set()
            else:
                self.on_line(*words)
        await life.process.wait()
        life.is_ready.set()

    def note_open(self, life, label, address):
        if label in life.part.listens:
            self.proxy_of(life.part.name, label).target = \
                self.path_of(life.part.name, label) if label in PATHS \
                else urlsplit(address).port

    # ---- what is done to them ----

    async def kill(self, part):
        life = part.life
        life.is_killed = life.is_expected = True
        if life.is_running():
            life.process.kill()
        await life.reader
        await self.start(part)

    async def close(self, part):
        """In order, and comes again."""
        life = part.life
        life.is_expected = True
        life.say("close")
        await asyncio.wait_for(life.reader, PATIENCE_S)
        await self.start(part)

    def pause(self, part, signal_number):
        if part.life.is_running():
            part.life.process.send_signal(signal_number)

    def sample(self, now):
        for part in self.parts.values():
            if part.lives and part.life.is_running():
                life = part.life
                life.usage.sample(now, life.board.count["heap"] if life.board else 0)

    async def end(self):
        for life in self.lives():
            life.is_expected = True
            life.say("close")
        await asyncio.wait([life.reader for life in self.lives()], timeout=PATIENCE_S)
        await self.kill_all()
        for one in self.proxies.values():
            one.close()

    async def kill_all(self):
        """Whoever is still there."""
        for life in self.all_lives():
            if life.is_running():
                life.process.kill()
                await life.process.wait()


def find_group(chance):
    """The address of a group on this machine alone; None where there is none."""
    group = f"239.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", 0))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            socket.inet_aton(group) + socket.inet_aton("127.0.0.1"))
        except OSError:
            return None
        port = sock.getsockname()[1]
        return f"udp-multicast://{group}:{port}?key-file=KEY&interface=lo&ttl=0"


def find_groups(chance):
    return [group for group in (find_group(chance), find_group(chance)) if group]
