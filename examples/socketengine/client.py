#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows a host a value, and prints the latest ones that it shows.

client.py [NAME [URI]]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))
bus = Hein.Bus(args.get(1, "kirk"), keep_latest=True)
bus.dial(args.get(2, "channel+socketengine://127.0.0.1:8080"))
bus.send("test", "client is connected")
while not (orders := bus.get_latest("order")):
    bus.turn(-1)
print("order:", orders[-1].text)
print("heading:", bus.get_latest("heading")[-1].text)
