# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python binding share: a hub and a client, and waiting."""
import asyncio
import re
from pathlib import Path

import gi

gi.require_version("Hein", "1")
from gi.repository import GLib, Hein

PLUGINS = Path(__file__).resolve().parent.parent / "plugins"
PATIENCE = 20  # seconds: a loaded machine is slow
TCP = "tcp://127.0.0.1:0"

serial = iter(range(1000))


def run_example(kind, language="python"):
    """Runs the program in the README of a kind of plugin; returns its names."""
    text = (PLUGINS / kind / "README.md").read_text()
    names = {}
    exec(re.search(rf"```{language}\n(.*?)```", text, re.S)[1], names)
    return names


def inproc():
    return f"inproc://python-{next(serial)}"


def wait_for(condition):
    """Turns the default main context until it holds."""
    late = []
    source = GLib.timeout_add_seconds(PATIENCE, lambda: late.append(True))
    while not condition():
        GLib.MainContext.default().iteration(True)
        assert not late, "waited in vain"
    GLib.source_remove(source)


def pair(uri=TCP, **properties):
    """A hub that listens and a client that dialled it, both up."""
    hub = Hein.Bus("hub", **properties)
    client = Hein.Bus("client", **properties)
    endpoint = hub.listen(uri)
    client.dial(endpoint.bound_uri)
    wait_for(lambda: "client" in hub.peers and "hub" in client.peers)
    return hub, client


def fails(code, function, *args):
    try:
        function(*args)
    except Hein.Error as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"{function} did not fail")


async def afails(code, awaitable):
    try:
        await awaitable
    except Hein.Error as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"{awaitable} did not fail")


def asyncio_test(function):
    """Runs it under asyncio alone, with a hub and a client."""
    def run():
        async def main():
            async with Hein.Bus("hub") as hub, Hein.Bus("client") as client:
                uri = hub.listen(TCP).bound_uri
                await client.dial_async(uri)
                while not hub.peers:
                    await asyncio.sleep(0)
                await function(hub, client)
        asyncio.run(asyncio.wait_for(main(), PATIENCE * 4))
    run.__name__ = function.__name__
    return run
