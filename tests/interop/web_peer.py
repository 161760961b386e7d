# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both ends of a WebSocket, written from RFC 6455 alone: what is below looks like a
socket to a peer that knows nothing of it."""

import base64
import hashlib
import os
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def read_head(link):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = link.recv(1)
        if not byte:
            raise AssertionError(f"it ended within {head!r}")
        head += byte
    return head.decode()


def answer(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def field(head, name):
    for line in head.split("\r\n")[1:]:
        if line.lower().startswith(name.lower() + ":"):
            return line.split(":", 1)[1].strip()
    return None


def ask(link, path="/", **fields):
    """The answer to a client."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
             "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
             "Sec-WebSocket-Version: 13",
             *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    head = read_head(link)
    if head.startswith("HTTP/1.1 101 ") and field(head, "Sec-WebSocket-Accept") != answer(key):
        raise AssertionError(head)
    return head


class Web:
    """What is sent goes in messages of two frames, with a ping between."""

    def __init__(self, link, is_client):
        self.link = link
        self.is_client = is_client
        self.bytes = b""
        self.pongs = 0
        self.close = None

    def settimeout(self, seconds):
        self.link.settimeout(seconds)

    def frame(self, first, payload):
        n = len(payload)
        size = (bytes([n]) if n < 126 else b"\x7e" + struct.pack(">H", n) if n < 65536
                else b"\x7f" + struct.pack(">Q", n))
        if not self.is_client:
            return bytes([first]) + size + payload
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return bytes([first, size[0] | 0x80]) + size[1:] + mask + masked

    def sendall(self, data):
        half = len(data) // 2
        self.link.sendall(self.frame(BINARY, data[:half])
                          + self.frame(0x80 | PING, b"are you there?")
                          + self.frame(0x80, data[half:]))

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.link.recv(n - len(data))
            if not more:
                return None
            data += more
        return data

    def read_frame(self):
        head = self.read(2)
        if head is None:
            return None, b""
        if bool(head[1] & 0x80) == self.is_client:
            raise AssertionError("only what a client says is masked")
        n = head[1] & 0x7f
        if n > 125:
            n = int.from_bytes(self.read(2 if n == 126 else 8), "big")
        mask = bytes(4) if self.is_client else self.read(4)
        payload = self.read(n) if n else b""
        return head[0], bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))

    def recv(self, most):
        while not self.bytes:
            first, payload = self.read_frame()
            if first is None:
                return b""
            if first == 0x80 | CLOSE:
                self.close = int.from_bytes(payload[:2], "big")
                return b""
            if first == 0x80 | PONG:
                self.pongs += payload == b"are you there?"
            elif first == 0x80 | BINARY:
                self.bytes += payload
            else:
                raise AssertionError(f"a frame begins with {first:#x}")
        data, self.bytes = self.bytes[:most], self.bytes[most:]
        return data

    def shut(self, code=1000, reason=b""):
        self.link.sendall(self.frame(0x80 | CLOSE, struct.pack(">H", code) + reason))
