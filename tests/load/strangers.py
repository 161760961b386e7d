# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who comes to the soak without being asked: a storm of connections, somebody who
says nothing, little or nonsense, and a subscriber that never reads."""

import asyncio
import contextlib
import os
import socket
import struct

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(48)
STORM = 50
NEVER_READ_BUFFER = 4096


def frame(flags, data):
    return bytes([flags, len(data)]) + data


def command(name, data=b""):
    return frame(4, bytes([len(name)]) + name + data)


def subscriber(topic=b""):
    kind = b"\x0bSocket-Type" + struct.pack(">I", 3) + b"SUB"
    return GREETING + command(b"READY", kind) + command(b"SUBSCRIBE", topic)


class Strangers:
    """All of them come to ports of 127.0.0.1."""

    def __init__(self, chance):
        self.chance = chance
        self.tasks = set()
        self.count = 0

    def begin(self, coroutine):
        task = asyncio.get_running_loop().create_task(self.visit(coroutine))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def visit(self, coroutine):
        with contextlib.suppress(OSError):
            await coroutine

    async def connect(self, port, buffer=None):
        sock = socket.socket()
        sock.setblocking(False)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.count += 1
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        except OSError:
            sock.close()
            raise
        return sock

    async def storm(self, port):
        for _ in range(STORM):
            sock = await self.connect(port)
            if self.chance.random() < 0.5:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
            sock.close()

    async def say(self, port, data, pieces, seconds):
        """Says the data little by little, and stays."""
        loop = asyncio.get_running_loop()
        with contextlib.closing(await self.connect(port)) as sock:
            for piece in range(pieces):
                at = slice(piece * len(data) // pieces, (piece + 1) * len(data) // pieces)
                await loop.sock_sendall(sock, data[at])
                await asyncio.sleep(seconds / pieces)

    async def never_read(self, port, seconds):
        loop = asyncio.get_running_loop()
        with contextlib.closing(await self.connect(port, NEVER_READ_BUFFER)) as sock:
            await loop.sock_sendall(sock, subscriber())
            await asyncio.sleep(seconds)

    def come(self, ports, readers_port):
        """One of them, to one of the ports."""
        port = self.chance.choice(ports)
        which = self.chance.randrange(5)
        if which == 0:
            self.begin(self.storm(port))
        elif which == 1:
            self.begin(self.say(port, b"", 1, 3))
        elif which == 2:
            self.begin(self.say(port, os.urandom(2000), 1, 0.1))
        elif which == 3:
            self.begin(self.say(port, GREETING, 32, 8))
        else:
            self.begin(self.never_read(readers_port, self.chance.uniform(1, 20)))

    async def leave(self):
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
