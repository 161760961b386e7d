# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does the jobs that the boss hands out, until the boss is gone.

usage: worker.py NAME [ADDRESS [SECONDS-EACH]]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


async def main(name, address="tcp://127.0.0.1:5555", seconds="0.1"):
    async with Hein.Bus(name) as bus:
        is_over = asyncio.Event()

        @bus.serve("job/square")
        async def square(request):
            print("begins", request.text, flush=True)
            await asyncio.sleep(float(seconds))  # as real work that awaits
            return str(int(request.text) ** 2)

        bus.connect("peer-removed", lambda bus, peer, error: is_over.set())
        bus.connect("failed", lambda bus, endpoint, error: print(error.message))
        bus.dial(address)
        await is_over.wait()


asyncio.run(main(*sys.argv[1:]))
