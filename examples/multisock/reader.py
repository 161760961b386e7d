#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what anybody says to the group, and who it was.

reader.py [URI]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))
bus = Hein.Bus()
uri = args.get(1, "udp-multicast://239.1.1.1:1234?format=multisock")
print("listening on", bus.listen(uri).uri, flush=True)
while True:
    message = bus.receive()
    text = bytes(message).decode(errors="replace")
    print(f"Received from {message.sender.name}: {text}", flush=True)
