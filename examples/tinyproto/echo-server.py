#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Echoes what clients say. QUIT ends the connection, SRVQUIT the server.

echo-server.py [URI]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

uri = sys.argv[1] if len(sys.argv) > 1 else "tcp+tinyproto://127.0.0.1:9123"

with Hein.Bus("server") as bus:
    print("listening on", bus.listen(uri).bound_uri, flush=True)
    bus.connect("peer-added",
                lambda bus, peer: print("opened:", peer.name, flush=True))
    bus.connect("peer-removed",
                lambda bus, peer, error: print("closed:", peer.name, flush=True))
    while bytes(message := bus.receive()) != b"SRVQUIT":
        if bytes(message) == b"QUIT":
            message.sender.close()
        else:
            bus.send_to(message.sender.name, "", b"Echo back: " + bytes(message))
