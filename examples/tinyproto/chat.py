#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says each line of its input to the other side, and prints what that says,
until the input ends.

chat.py listen|dial [URI]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))


async def print_messages(bus):
    async for message in bus:
        print(bytes(message).decode(errors="replace"), flush=True)


async def chat(command, uri):
    async with Hein.Bus("chat") as bus:
        bus.connect("peer-added",
                    lambda bus, peer: print("hello:", peer.name, flush=True))
        if command == "listen":
            print("listening on", bus.listen(uri).bound_uri, flush=True)
        else:
            bus.dial(uri)
        printing = asyncio.create_task(print_messages(bus))
        while line := await asyncio.to_thread(sys.stdin.readline):
            bus.send("", line.rstrip())
    await printing


asyncio.run(chat(args.get(1, "dial"), args.get(2, "tcp+tinyproto://127.0.0.1:9123")))
