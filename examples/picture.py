#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Publishes a picture, or saves one that is published.

picture.py send URI FILE      listens there until somebody has taken it
picture.py receive URI FILE   dials there and waits for one
"""
import sys
from pathlib import Path

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Hein", "1")
gi.require_version("HeinPixbuf", "1")
from gi.repository import GdkPixbuf, GLib, Hein, HeinPixbuf


def send(uri, path):
    pixbuf = GdkPixbuf.Pixbuf.new_from_file(path)
    message = HeinPixbuf.message_new("picture", pixbuf, "image/png", 0)
    with Hein.Bus("camera") as bus:
        print("listening on", bus.listen(uri).bound_uri, flush=True)
        while not any(peer.get_accepts_messages() for peer in bus.peers):
            bus.turn(-1)
        bus.send(message)


def receive(uri, path):
    with Hein.Bus("viewer") as bus:
        bus.dial(uri)
        message = bus.receive()
    pixbuf = HeinPixbuf.message_read(message, 0)
    print(f"{message.content_type}: {pixbuf.get_width()} x {pixbuf.get_height()}")
    # as it came, now that it is known to be a picture
    Path(path).write_bytes(bytes(message))


commands = {"send": send, "receive": receive}
if len(sys.argv) != 4 or sys.argv[1] not in commands:
    sys.exit("usage: picture.py send|receive URI FILE")
try:
    commands[sys.argv[1]](*sys.argv[2:])
except (GLib.Error, OSError) as error:
    sys.exit(f"picture.py: {getattr(error, 'message', error)}")
