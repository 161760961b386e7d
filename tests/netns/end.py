# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein receive` and `hein send` do, in Python.

usage: end.py receive --listen URI | end.py send --dial URI TEXT
"""

import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


def tell(text):
    print(text, file=sys.stderr, flush=True)


async def receive(bus, uri):
    tell(f"listening on {bus.listen(uri).bound_uri}")
    message = await bus.receive_one_async()
    print(message.dup_text(), flush=True)


async def send(bus, uri, text):
    bus.dial(uri)
    await bus.wait_for_peers_async(1)
    tell(f"security {bus.peers[0].security}")
    bus.send("", text)


async def main(role, _, uri, *text):
    async with Hein.Bus(f"python-{role}") as bus:
        bus.connect("failed", lambda _bus, _endpoint, error:
                    tell(f"failed: {error.message}"))
        await {"receive": receive, "send": send}[role](bus, uri, *text)


asyncio.run(main(*sys.argv[1:]))
