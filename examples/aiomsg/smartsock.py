#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two ends of the same kind: one binds, and gives four jobs to the two that
connect. Each of them gets every job (publish), or they take turns
(round-robin), or one of them gets all (by-name). They end when it goes.

smartsock.py bind [publish|round-robin|by-name [URI [NAME]]]
smartsock.py connect [NAME [URI]]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

URI = "tcp+aiomsg://127.0.0.1:25000"
args = dict(enumerate(sys.argv))


async def bind_end(mode, uri, name):
    strategy = Hein.Strategy.new(mode)
    async with Hein.Bus("server") as bus:
        print("listening on", bus.listen(uri).bound_uri, flush=True)
        for _ in range(2):  # that are ready
            await bus.receive_one_async()
        for i in range(4):
            bus.send_with(strategy, name, "", f"job {i}")


async def connect_end(name, uri):
    # what is sent by this strategy waits until somebody is there
    async with Hein.Bus(name, strategy=Hein.Strategy.new("round-robin")) as bus:
        bus.dial(uri)
        bus.connect("peer-removed", lambda bus, peer, error: bus.close())
        bus.send("", "ready")
        async for message in bus:
            print(bytes(message).decode(errors="replace"), flush=True)


if args.get(1) == "bind":
    asyncio.run(bind_end(args.get(2, "publish"), args.get(3, URI), args.get(4, "kirk")))
else:
    asyncio.run(connect_end(args.get(2, "kirk"), args.get(3, URI)))
