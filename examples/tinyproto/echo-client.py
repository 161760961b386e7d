#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says each line of its input to an echo server, and prints the answers. QUIT
ends the connection, SRVQUIT the server.

echo-client.py [URI]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

uri = sys.argv[1] if len(sys.argv) > 1 else "tcp+tinyproto://127.0.0.1:9123?turn-ms=0"

bus = Hein.Bus("client")
bus.dial(uri)
while not bus.peers:
    bus.turn(-1)
for line in sys.stdin:
    bus.send("", line.rstrip())
    if line.rstrip() in ("QUIT", "SRVQUIT"):
        break
    print("Response from server:", bus.receive(5000).text, flush=True)
else:
    sys.exit()
while bus.peers:  # until the server has ended the connection
    bus.turn(-1)
