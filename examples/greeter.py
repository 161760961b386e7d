#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Greets COUNT subscribers as soon as they are there, and leaves when all of
them have got it.

greeter.py [COUNT [URI]]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))


async def greet(count, uri):
    async with Hein.Bus("greeter") as bus:  # its end waits until all has gone out
        print("listening on", bus.listen(uri).bound_uri, flush=True)
        await bus.wait_for_peers_async(count)
        bus.send("greeting", f"hello, all {count}!")


asyncio.run(greet(int(args.get(1, 1)), args.get(2, "tcp://127.0.0.1:5555")))
