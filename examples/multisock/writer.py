#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says each line of its input to the group, until the input ends. With a type
of application/json and objects=yes in the address, lines are objects.

writer.py [URI [TYPE]]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))


async def write(uri, content_type):
    async with Hein.Bus() as bus:
        # who speaks on this wire hears it, too: taken, so that it does not pile up
        bus.connect("message", lambda bus, message: None)
        bus.dial(uri)
        while line := await asyncio.to_thread(sys.stdin.readline):
            bus.send("", line.rstrip(), content_type)


asyncio.run(write(args.get(1, "udp-multicast://239.1.1.1:1234?format=multisock"),
                  args.get(2)))
