# SPDX-License-Identifier: LGPL-2.1-or-later
"""All roles of the wire `socketengine`, written from its description alone with
plain sockets and json: what hubs, hosts and clients do, as independent peers."""

import base64
import json
import socket

SECONDS = 30
READ_SIZE = 256


def line(channel, value):
    return (json.dumps({"type": channel, "data": value}) + "\n").encode()


class Link:
    """One connection: reads in small pieces, and decodes each by itself, as the
    library does.  A character that lies in two pieces is the end of it."""

    def __init__(self, sock):
        self.socket = sock
        self.socket.settimeout(SECONDS)
        self.text = ""
        self.raw = bytearray()
        self.values = []  # (channel, value), without what hubs say to hubs
        self.latest = {}
        self.is_over = False

    def write(self, channel, value):
        self.socket.sendall(line(channel, value))

    def write_raw(self, data):
        self.socket.sendall(data)

    def write_slowly(self, data):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(data)):
            self.socket.sendall(data[i:i + 1])

    def take(self, channel, value):
        self.values.append((channel, value))
        self.latest[channel] = value

    def read(self):
        """One piece; False at the end."""
        piece = self.socket.recv(READ_SIZE)
        self.raw += piece
        *whole, self.text = (self.text + piece.decode()).split("\n")
        for text in whole:
            message = json.loads(text)
            self.take(message["type"], message["data"])
        self.is_over = self.is_over or not piece
        return not self.is_over

    def read_until(self, n):
        while len(self.values) < n and self.read():
            pass
        return self.values

    def read_all(self):
        while self.read():
            pass
        return self.values

    def leave(self):
        """Waits for the end of the other side."""
        self.read_all()
        self.close()

    def close(self):
        self.socket.close()


class HubLink(Link):
    """A connection of a hub: it knows names, images and goodbyes."""

    def __init__(self, sock, image="__image", ack="__ack", acks=True):
        super().__init__(sock)
        self.image = image
        self.ack = ack
        self.acks = acks  # else the test does it
        self.name = None
        self.images = []
        self.n_acked = 0

    def take(self, channel, value):
        if channel == "__name_conn":
            self.name = value
        elif channel == "__status" and value == "__closing":
            self.is_over = True
        elif channel == self.ack:
            self.n_acked += 1
        elif channel == self.image:
            self.images.append(base64.b64decode(value, validate=True))
            if self.acks:
                self.write(self.ack, self.ack)
        else:
            super().take(channel, value)

    def write_image(self, data):
        """Waits until it is acknowledged, as the next one has to."""
        wanted = self.n_acked + 1
        self.write(self.image, base64.b64encode(data).decode())
        while self.n_acked < wanted and self.read():
            pass
        return self.n_acked == wanted

    def read_name(self):
        while self.name is None and self.read():
            pass
        return self.name


class Listener:
    """A hub or a host that waits for others; it says nothing on accept."""

    def __init__(self, kind=HubLink, **options):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        self.port = self.listener.getsockname()[1]
        self.kind = kind
        self.options = options

    def accept(self):
        sock, _ = self.listener.accept()
        return self.kind(sock, **self.options)

    def close(self):
        self.listener.close()


def dial_as_client(port):
    """A client says nothing until it has something to say."""
    return Link(socket.create_connection(("127.0.0.1", port), SECONDS))


def dial_as_hub(port, name, **options):
    """A hub says its name first of all."""
    link = HubLink(socket.create_connection(("127.0.0.1", port), SECONDS),
                   **options)
    link.write("__name_conn", name)
    return link
