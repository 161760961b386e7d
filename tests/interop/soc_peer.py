# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both roles of the wire `soc`, written from its description alone with plain
sockets: what the Python library hein does, as an independent peer."""

import socket

ACK = b"\x06"
END = b"\xac\x96\xac\x96"
SECONDS = 30


def escape(body):
    return body.replace(b"\xac\x96", b"\xac\x96\xee")


def unescape(body):
    return body.replace(b"\xac\x96\xee", b"\xac\x96")


def frame(key, body=b"", tag=b"", unpack=b"0", has_tag=True):
    head = b"__" + key + b"__"
    if has_tag:
        head += tag + b":" + unpack + b":"
    return head + escape(body) + END


class Transmitter:
    """Listens; waits for one acknowledgement after each write."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.receivers = {}

    def accept(self):
        """Takes in one receiver and returns its name."""
        self.listener.settimeout(SECONDS)
        link, _ = self.listener.accept()
        link.settimeout(SECONDS)
        link.sendall(ACK)
        name = link.recv(15)
        link.sendall(ACK)
        self.receivers[name] = link
        return name

    def tell(self, data, name=None):
        """Writes once to each and returns who acknowledged."""
        alive = []
        for key, link in list(self.receivers.items()):
            if name is not None and key != name:
                continue
            link.sendall(data)
            if link.recv(1) == ACK:
                alive.append(key)
        return alive

    def tell_slowly(self, data):
        """A byte at a time; returns how many acknowledgements came."""
        (link,) = self.receivers.values()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(data)):
            link.sendall(data[i:i + 1])
        link.shutdown(socket.SHUT_WR)
        acks = b""
        while chunk := link.recv(4096):
            acks += chunk
        return acks

    def close(self):
        for link in self.receivers.values():
            link.close()
        self.listener.close()


class Receiver:
    """Dials; acknowledges each read that completes a frame."""

    def __init__(self, port, name):
        self.link = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.link.settimeout(SECONDS)
        self.buffer = b""
        self.frames = []
        self.messages = []  # without pings and the goodbye
        self.acks = True
        if self.link.recv(1) != ACK:
            raise AssertionError("no first acknowledgement")
        self.link.sendall(name)
        self.is_refused = self.link.recv(1) != ACK

    def read(self):
        """One read; False at the end."""
        data = self.link.recv(1024)
        if not data:
            return False
        *frames, self.buffer = (self.buffer + data).split(END)
        frames = [unescape(f) for f in frames]
        self.frames += frames
        self.messages += [f for f in frames
                          if not f.startswith((b"__png__", b"__die__"))]
        if frames and self.acks:
            self.link.sendall(ACK)
        return True

    def read_until(self, n):
        while len(self.messages) < n and self.read():
            pass
        return self.messages

    def close(self):
        self.link.close()
