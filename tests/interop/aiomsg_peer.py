# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both ends of the wire `aiomsg`, in its three dialects, written from the
description of its bytes alone with plain sockets: an independent peer."""

import os
import socket
import struct

SECONDS = 30
HELLO, HEARTBEAT, DATA, DATA_REQ, ACK = range(1, 6)
HEARTBEAT_TEXT = {"m": b"aiomsg-heartbeat", "s": b"aiosmartsock-heartbeat"}


def frame(body):
    return struct.pack(">I", len(body)) + body


def typed(kind, body=b""):
    return frame(bytes([kind]) + body)


def hello(identity, version=1):
    return typed(HELLO, bytes([version]) + identity)


def identity_of(name):
    return name.encode().ljust(16, b"\0")


class Peer:
    """One connection, of either end; the handshake is a step of its own."""

    def __init__(self, link, identity, dialect="1"):
        self.link = link
        self.link.settimeout(SECONDS)
        self.identity = identity
        self.dialect = dialect
        self.other = None  # the identity of the other side
        self.buffer = b""
        self.messages = []
        self.ids = []  # of the messages that were to be acknowledged
        self.acked = []  # ids that the other side acknowledged
        self.heartbeats = 0
        self.acks = True

    # writing

    def send_raw(self, data):
        self.link.sendall(data)

    def send_slowly(self, data):
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(data)):
            self.link.sendall(data[i:i + 1])

    def greet(self):
        if self.dialect == "1":
            self.send_raw(hello(self.identity))
        else:
            self.send_raw(frame(self.identity))

    def message(self, payload):
        return typed(DATA, payload) if self.dialect == "1" else frame(payload)

    def send(self, *payloads):
        self.send_raw(b"".join(self.message(p) for p in payloads))

    def send_sure(self, payload, message_id=None):
        """To be acknowledged; returns the id."""
        message_id = message_id or os.urandom(16)
        if self.dialect == "1":
            self.send_raw(typed(DATA_REQ, message_id + payload))
        else:
            self.send_raw(frame(message_id + b"\0REQ\0" + payload))
        return message_id

    def send_heartbeat(self):
        if self.dialect == "1":
            self.send_raw(typed(HEARTBEAT))
        else:
            self.send_raw(frame(HEARTBEAT_TEXT[self.dialect]))

    def acknowledge(self, message_id):
        if self.dialect == "1":
            self.send_raw(typed(ACK, message_id))
        else:
            self.send_raw(frame(message_id + b"\0REP\0"))

    # reading

    def read_exactly(self, n):
        while len(self.buffer) < n:
            data = self.link.recv(65536)
            if not data:
                raise EOFError("the connection has ended")
            self.buffer += data
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def read_body(self):
        (size,) = struct.unpack(">I", self.read_exactly(4))
        return self.read_exactly(size)

    def meet(self):
        """Reads the first frame, and returns the identity in it."""
        body = self.read_body()
        if self.dialect == "1":
            if len(body) != 18 or body[:2] != bytes([HELLO, 1]):
                raise AssertionError(f"no HELLO: {body!r}")
            body = body[2:]
        elif self.dialect == "m":
            body.decode()  # as aiomsg 0.0.1 does; other bytes are its end
        self.other = body
        return body

    def take_typed(self, kind, body):
        if kind == HEARTBEAT:
            self.heartbeats += 1
        elif kind == DATA:
            self.messages.append(body)
        elif kind == DATA_REQ:
            self.take_sure(body[:16], body[16:])
        elif kind == ACK:
            self.acked.append(body)
        else:
            raise AssertionError(f"a frame of the type {kind}")

    def take_sure(self, message_id, payload):
        self.ids.append(message_id)
        self.messages.append(payload)
        if self.acks:
            self.acknowledge(message_id)

    def take_untyped(self, body):
        mark = body[16:21] if self.dialect == "m" else b""
        if body == HEARTBEAT_TEXT[self.dialect]:
            self.heartbeats += 1
        elif mark == b"\0REQ\0":
            self.take_sure(body[:16], body[21:])
        elif mark == b"\0REP\0":
            self.acked.append(body[:16])
        else:
            self.messages.append(body)

    def read(self):
        """One frame; False at the end."""
        try:
            body = self.read_body()
        except (EOFError, ConnectionResetError):
            return False
        if self.dialect == "1":
            self.take_typed(body[0], body[1:])
        else:
            self.take_untyped(body)
        return True

    def read_until(self, n):
        while len(self.messages) < n and self.read():
            pass
        return self.messages

    def read_acks_until(self, n):
        while len(self.acked) < n and self.read():
            pass
        return self.acked

    def read_to_end(self):
        while self.read():
            pass
        return self.messages

    def hang_up(self):
        """When the other side has."""
        self.read_to_end()
        self.close()

    def close(self):
        self.link.close()


def dial(port, identity, dialect="1"):
    """The end that dials: says who it is at once."""
    peer = Peer(socket.create_connection(("127.0.0.1", port), SECONDS),
                identity, dialect)
    peer.greet()
    peer.meet()
    return peer


class Listener:
    """The end that listens: in dialect 1 it waits for a byte of the other."""

    def __init__(self, identity, dialect="1"):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(SECONDS)
        self.port = self.socket.getsockname()[1]
        self.identity = identity
        self.dialect = dialect

    def accept(self):
        link, _ = self.socket.accept()
        peer = Peer(link, self.identity, self.dialect)
        if self.dialect == "1":
            if link.recv(1, socket.MSG_PEEK) != b"\0":
                raise AssertionError("the first byte is not 0")
            peer.meet()
            peer.greet()
        else:
            peer.greet()
            peer.meet()
        return peer

    def close(self):
        self.socket.close()
