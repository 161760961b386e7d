#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""gi.events of PyGObject 3.50 and later, where one loop is that of GLib and of asyncio:
a bus is awaited, and told by signals, in whichever of them runs. Prints TAP."""
import asyncio
import sys

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein
from python_ends import PATIENCE, inproc

try:
    import gi.events
    POLICY = gi.events.GLibEventLoopPolicy()
    asyncio.set_event_loop_policy(POLICY)
except ImportError:
    POLICY = None


def get_loop():
    if POLICY is None:
        raise tap.Skip(f"PyGObject {gi.__version__} has no gi.events")
    return POLICY.get_event_loop()


async def talk():
    """An answer that is awaited, a message that is awaited."""
    async with Hein.Bus("asker") as asker, Hein.Bus("answerer") as answerer:

        @answerer.serve("upper")
        async def upper(request):
            await asyncio.sleep(0)
            return request.text.upper()

        answerer.dial(asker.listen("tcp://127.0.0.1:0").bound_uri)
        await asker.wait_for_peers_async(1, timeout_ms=PATIENCE * 1000)
        answer = await asker.request_async("upper", "hello", timeout_ms=PATIENCE * 1000)
        asker.send("topic", "text")
        message = await answerer.receive_one_async(PATIENCE * 1000)
        return answer.text, message.text


def test_events_loop():
    assert get_loop().run_until_complete(talk()) == ("HELLO", "text")


def test_events_application():
    """Tasks that are made in handlers of an application, and a signal beside them."""
    loop = get_loop()
    app = Gio.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    got, kept = [], []

    async def work(bus, other):
        await other.wait_for_peers_async(1, timeout_ms=PATIENCE * 1000)
        other.send("topic", "by a task")
        while not got:
            await asyncio.sleep(0.01)
        got.append(await talk())
        app.release()

    def on_activate(app):
        app.hold()
        bus, other = Hein.Bus("bus"), Hein.Bus("other")
        bus.connect("message", lambda _, message: got.append(message.text))
        other.dial(bus.listen(inproc()).bound_uri)
        kept.extend((bus, other, loop.create_task(work(bus, other))))

    app.connect("activate", on_activate)
    app.run(None)
    assert got == ["by a task", ("HELLO", "text")], got


def test_events_main_context():
    """Without a task GLib's loop alone turns a bus, as it always does."""
    get_loop()
    bus, other = Hein.Bus("bus"), Hein.Bus("other")
    got = []
    bus.connect("message", lambda _, message: got.append(message.text))
    other.connect("peer-added", lambda *_: other.send("topic", "by GLib"))
    other.dial(bus.listen(inproc()).bound_uri)
    main = GLib.MainLoop()
    bus.connect("message", lambda *_: main.quit())
    GLib.timeout_add_seconds(PATIENCE, main.quit)
    main.run()
    assert got == ["by GLib"], got


sys.exit(tap.run_functions(dict(globals())))
