#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says hello to all receivers as soon as there are COUNT of them, and asks who
is still alive.

captain.py [COUNT [URI]]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))
count, uri = int(args.get(1, 2)), args.get(2, "tcp+soc://127.0.0.1:50007")
answers = []

with Hein.Bus("captain") as bus:
    print("listening on", bus.listen(uri).bound_uri, flush=True)
    bus.connect("peer-added",
                lambda bus, peer: print("hello:", peer.name, flush=True))
    while len(bus.peers) < count:
        bus.turn(-1)
    bus.send("chat", "hello!")
    bus.ping_async(5000, None, lambda bus, result: answers.append(
        bus.ping_finish(result).unpack()))
    while not answers:
        bus.turn(-1)
    for name, has_answered in answers[0].items():
        print(f"{name}: {'alive' if has_answered else 'gone'}", flush=True)
