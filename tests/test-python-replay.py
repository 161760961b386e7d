#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A recording as a peer, in Python. Prints TAP."""
import sys
from pathlib import Path

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein
from python_ends import PATIENCE, asyncio_test, fails

RECORDING = Path(__file__).resolve().parent / "fuzz/seeds/mcap/whole"
URI = f"replay://{RECORDING}?rate=max"


def test_receive():
    with Hein.Bus("test") as bus:
        bus.dial(URI)
        got = [bus.receive(PATIENCE * 1000) for _ in range(2)]
        assert [message.sender.props.name for message in got] == ["anna"] * 2
        assert [message.topic for message in got] == ["a"] * 2
        assert (got[0].text, got[0].content_type) == ("{}", "application/json")
        assert got[1].attributes == {"id": "42"}
        fails(Hein.Error.TIMED_OUT, bus.receive, 1)
        assert not bus.peers


def test_errors():
    with Hein.Bus("test") as bus:
        fails(Hein.Error.BAD_ADDRESS, bus.listen, URI)
        fails(Hein.Error.BAD_ADDRESS, bus.dial, f"replay://{RECORDING}?rate=0")
        try:
            bus.dial("replay:///nowhere/at/all.mcap")
            raise AssertionError("it can be dialled")
        except GLib.Error as error:
            assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)


@asyncio_test
async def test_iterate(hub, client):
    """Again and again, for as long as somebody wants to hear it."""
    hub.dial(f"{URI}&loop=yes")
    await hub.wait_for_peers_async(2, timeout_ms=PATIENCE * 1000)
    n = 0
    async for message in hub:
        n += message.sender.props.name == "anna"
        if n == 100:
            break


sys.exit(tap.run_functions(dict(globals())))
