# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who stands on the way between the processes of the soak: passes on what they say,
and cuts, stalls, delays and crumbles connections."""

import asyncio
import collections
import contextlib
import fcntl
import socket
import struct
import sys
import termios

# Small ones, so that who does not read is noticed.
BUFFER = 16 * 1024
# So often it looks whether the kernel of an end has all that was passed on.
LOOK_S = 0.005


def make_socket():
    sock = socket.socket()
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    return sock


def count_bytes(transport, request):
    """Those that the socket has not sent, or not got acknowledged (TIOCOUTQ), or that
    nobody has read (FIONREAD)."""
    size = bytearray(4)
    fcntl.ioctl(transport.get_extra_info("socket"), request, size)
    return int.from_bytes(size, sys.byteorder)


class End(asyncio.Protocol):
    """One of the two ends of a connection."""

    def __init__(self, pair):
        self.pair = pair
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(high=BUFFER)
        transport.pause_reading()
        self.pair.join()

    def data_received(self, data):
        self.pair.take(self, data)

    def eof_received(self):
        self.pair.take(self, b"")
        return True  # the other way may go on

    def connection_lost(self, error):
        if error:
            self.pair.cut()
        else:
            self.pair.close()

    def pause_writing(self):
        self.pair.full.add(self)
        self.pair.regulate()

    def resume_writing(self):
        self.pair.full.discard(self)
        self.pair.regulate()


class Pair:
    """A connection, and the one that it was passed on to."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.loop = asyncio.get_running_loop()
        self.near = End(self)
        self.far = End(self)
        self.full = set()
        self.ended = set()  # those that say nothing more
        self.is_stalled = False
        self.is_joined = False
        self.is_closed = False
        self.delay_s = 0
        self.crumb = 0
        self.behind_end = 0  # bytes that the far end has said since then
        self.late = {self.near: collections.deque(), self.far: collections.deque()}
        self.task = None

    def other(self, end):
        return self.far if end is self.near else self.near

    def join(self):
        """One of the two is connected."""
        if self.is_closed:
            self.close()
        elif self.task is None:
            self.task = self.loop.create_task(self.reach_target())
        else:
            self.is_joined = True
            self.regulate()
            self.give_late(self.near)

    async def reach_target(self):
        try:
            await self.proxy.connect(lambda: self.far)
        except OSError:
            self.close()

    def regulate(self):
        """Who reads, and who does not: what cannot be passed on is not read."""
        for end in (self.near, self.far):
            transport = end.transport
            if transport is None or transport.is_closing():
                continue
            if self.is_joined and not self.is_stalled and self.other(end) not in self.full:
                transport.resume_reading()
            else:
                transport.pause_reading()

    def take(self, end, data):
        if end is self.far and self.near in self.ended:
            self.behind_end += len(data)
        late = self.late[end]
        if self.is_joined and self.delay_s == 0 and not late:
            self.give(end, data)
            return
        late.append((self.loop.time() + self.delay_s, data))
        if self.is_joined and len(late) == 1:
            self.loop.call_at(late[0][0], self.give_late, end)

    def give_late(self, end):
        late = self.late[end]
        while late and late[0][0] <= self.loop.time():
            self.give(end, late.popleft()[1])
        if late:
            self.loop.call_at(late[0][0], self.give_late, end)

    def has_for(self, end):
        """Whether something was said to it that it does not have."""
        other = self.other(end)
        return (self.late[other] or end.transport.get_write_buffer_size()
                or count_bytes(end.transport, termios.TIOCOUTQ)
                or count_bytes(other.transport, termios.FIONREAD))

    def give_end(self, end):
        """It says nothing more. Who hears of that concludes that it has taken all that
        came before: that must be true of who is behind this one."""
        transport = self.other(end).transport
        if self.is_closed or transport.is_closing() or end.transport.is_closing():
            return
        if end not in self.ended and self.has_for(end):
            self.loop.call_later(LOOK_S, self.give_end, end)
            return
        self.ended.add(end)
        if len(self.ended) == 2:
            self.close()
            return
        with contextlib.suppress(OSError):  # it may have gone meanwhile
            transport.write_eof()

    def give(self, end, data):
        transport = self.other(end).transport
        if transport.is_closing():
            return
        if not data:
            self.give_end(end)
            return
        self.proxy.passed += len(data)
        size = self.crumb or len(data)
        for begin in range(0, len(data), size):
            if not transport.is_closing():
                transport.write(data[begin:begin + size])

    def close(self):
        """In order, when all has gone that came: nobody could know of what had not."""
        if any(self.late.values()):
            self.cut()
            return
        self.is_closed = True
        self.proxy.pairs.discard(self)
        for end in (self.near, self.far):
            if end.transport:
                end.transport.close()

    # ---- what is done to it ----

    def cut(self):
        if not self.is_closed and self.near in self.ended:
            self.proxy.thrown_away += (self.behind_end
                                       + count_bytes(self.far.transport, termios.FIONREAD))
        self.is_closed = True
        self.proxy.pairs.discard(self)
        for end in (self.near, self.far):
            if end.transport and not end.transport.is_closing():
                end.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.transport.abort()

    def stall(self, seconds):
        self.is_stalled = True
        self.regulate()
        self.loop.call_later(seconds, self.go_on)

    def go_on(self):
        self.is_stalled = False
        self.regulate()

    def change(self, seconds, delay_s=0, crumb=0):
        """What comes in this time is late, or comes in small pieces."""
        self.delay_s = delay_s
        self.crumb = crumb
        self.loop.call_later(seconds, self.change_back)

    def change_back(self):
        self.delay_s = 0
        self.crumb = 0


class Proxy:
    """A place where somebody is reached, whose address may change meanwhile."""

    def __init__(self):
        self.pairs = set()
        self.target = None  # path, or port of 127.0.0.1
        self.place = None  # where it listens itself
        self.passed = 0
        # what the target said to somebody who had closed, when it may have heard that
        # already and will not learn that it was in vain
        self.thrown_away = 0
        self.server = None

    def accept(self):
        pair = Pair(self)
        self.pairs.add(pair)
        return pair.near

    async def listen(self, path):
        """Where it listens: the path, or with None a port."""
        loop = asyncio.get_running_loop()
        if path:
            self.server = await loop.create_unix_server(self.accept, path)
            return path
        listener = make_socket()
        listener.bind(("127.0.0.1", 0))
        self.server = await loop.create_server(self.accept, sock=listener)
        return listener.getsockname()[1]

    async def connect(self, factory):
        loop = asyncio.get_running_loop()
        if isinstance(self.target, int):
            sock = make_socket()
            try:
                await loop.sock_connect(sock, ("127.0.0.1", self.target))
            except OSError:
                sock.close()
                raise
            await loop.create_connection(factory, sock=sock)
        elif self.target:
            await loop.create_unix_connection(factory, self.target)
        else:
            raise ConnectionRefusedError

    def close(self):
        if self.server:
            self.server.close()
        for pair in list(self.pairs):
            pair.cut()
