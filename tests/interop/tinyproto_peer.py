# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both roles of the wire `tinyproto`, written from its description alone with
plain sockets: what the Python library tinyproto does, as an independent peer.
It is strictly half duplex: whoever speaks while it does breaks it."""

import select
import socket

GO = b"\xff"
NO = b"\x00"
FULL = b"\xfe"
REFUSED_FROM = 0xF0FFFFFF
SECONDS = 30


class Collision(Exception):
    """Something else than an answer came: the original's thread ends."""


class Refused(Exception):
    """00 came: the original cannot tell it from a collision either."""


class Link:
    """One connection, after the handshake."""

    def __init__(self, link):
        self.link = link
        link.settimeout(SECONDS)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(GO)
        self.greeting = link.recv(1)
        if self.greeting != GO:
            raise ValueError(f"the handshake is {self.greeting!r}")

    def read(self, size):
        """So many bytes, or fewer at the end."""
        data = bytearray()
        while len(data) < size:
            piece = self.link.recv(min(size - len(data), 1 << 20))
            if not piece:
                break
            data += piece
        return bytes(data)

    def read_until_reset(self):
        """What comes before the other side resets the connection."""
        data = bytearray()
        try:
            while piece := self.link.recv(4096):
                data += piece
        except ConnectionResetError:
            return bytes(data)
        raise AssertionError(f"an end in order, behind {bytes(data)!r}")

    def transmit(self, payload):
        self.link.sendall(len(payload).to_bytes(4, "big"))
        answer = self.link.recv(1)
        if answer == NO:
            if self.has_input(0.1):
                raise Collision(answer)
            raise Refused(len(payload))
        if answer != GO:
            raise Collision(answer)
        self.link.sendall(payload)

    def receive(self):
        """A message, or None at the end."""
        head = self.read(4)
        if not head:
            return None
        size = int.from_bytes(head, "big")
        if size > REFUSED_FROM:
            self.link.sendall(NO)
            return self.receive()
        self.link.sendall(GO)
        payload = self.read(size)
        if len(head) < 4 or len(payload) < size:
            raise EOFError("the end within a message")
        return payload

    def receive_all(self):
        messages = []
        while (message := self.receive()) is not None:
            messages.append(message)
        return messages

    def receive_some(self, n):
        return [self.receive() for _ in range(n)]

    def has_input(self, seconds=0.0):
        return bool(select.select([self.link], [], [], seconds)[0])

    def is_over(self):
        """Waits for the other side to close."""
        return self.link.recv(1) == b""

    def close(self):
        self.link.close()


class Server:
    """Listens; each connection is a Link."""

    def __init__(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.listener.settimeout(SECONDS)
        self.port = self.listener.getsockname()[1]

    def accept_raw(self):
        return self.listener.accept()[0]

    def accept(self):
        return Link(self.accept_raw())

    def close(self):
        self.listener.close()


def connect(port, host="127.0.0.1"):
    """The client's place."""
    return Link(socket.create_connection((host, port), SECONDS))


def echo(link, n=None):
    """Answers each message at once, as a handler of the original does, and
    returns what came."""
    heard = []
    while n is None or len(heard) < n:
        message = link.receive()
        if message is None:
            break
        heard.append(message)
        link.transmit(b"Echo back: " + message)
    return heard
