#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does jobs of an office, one at a time. Killed in the middle of one, it has not
acknowledged it, and the office gives it to another clerk.

clerk.py NAME [URI]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))


async def do(job):
    print("doing", job.text, flush=True)
    await asyncio.sleep(0.001)
    print("did", job.text, flush=True)


async def main(name, uri):
    bus = Hein.Bus(name, acknowledge=Hein.Acknowledge.MANUAL, credit=1)
    async with bus:
        bus.dial(uri)
        async for job in bus:
            await do(job)
            job.acknowledge()


asyncio.run(main(args.get(1, "clerk"), args.get(2, "tcp://127.0.0.1:5555")))
