#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows all clients a value, and each one a value of its own, when COUNT of
them have shown something.

host.py [COUNT [URI]]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))
count, uri = int(args.get(1, 1)), args.get(2, "channel+socketengine://127.0.0.1:8080")

bus = Hein.Bus("host", keep_latest=True)
print("listening on", bus.listen(uri).bound_uri, flush=True)
bus.send("heading", "north")
bus.send("heading", "south")  # nobody sees the one before
while len(bus.get_latest("test")) < count:
    bus.turn(-1)
for value in bus.get_latest("test"):
    print(f"{value.sender.name}: {value.text}", flush=True)
    bus.send_to(value.sender.name, "order", f"welcome, {value.sender.name}")
while bus.peers:
    bus.turn(-1)
