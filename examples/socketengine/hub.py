#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two hubs that show each other values: of each channel, the latest one.

hub.py listen [NAME [URI]]   asks the hub of that name how fast it goes
hub.py dial [NAME [URI]]     goes there under that name
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))
name, uri = args.get(2, "kirk"), args.get(3, "channel+socketengine://127.0.0.1:8080")

if args.get(1) == "listen":
    bus = Hein.Bus("hub", keep_latest=True)
    print("listening on", bus.listen(uri).bound_uri, flush=True)
    while not (speeds := [value for value in bus.get_latest("speed")
                          if value.sender.name == name]):
        bus.turn(-1)
    print("speed:", speeds[-1].text, flush=True)
    bus.send_to(name, "order", "slower")
    while bus.peers:
        bus.turn(-1)
else:
    bus = Hein.Bus(name, keep_latest=True)
    bus.dial(uri)
    bus.send("speed", "warp 8")
    bus.send("speed", "warp 9")  # nobody sees the one before
    while not (orders := bus.get_latest("order")):
        bus.turn(-1)
    print("order:", orders[-1].text, flush=True)
