#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pairing from Python: under asyncio, and in a GLib main loop."""

import asyncio
import os
import sys
import tempfile

import gi

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein

import tap

PATIENCE = 60
HERE = "127.0.0.1"


def make(folder, name):
    try:
        pairing = Hein.Pairing.new(os.path.join(folder, name + ".id"),
                                   os.path.join(folder, name + ".peers"), name)
        pairing.prepare()
    except Hein.Error as error:
        if error.matches(Hein.error_quark(), Hein.Error.NO_PLUGIN):
            raise tap.Skip("built without TLS") from error
        raise
    return pairing


def run(main):
    # who was cancelled may still be writing into it
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        asyncio.run(asyncio.wait_for(main(make(folder, "hub"), make(folder, "kirk")),
                                     PATIENCE))


async def fails(code, awaitable):
    try:
        await awaitable
    except Hein.Error as error:
        assert error.code == code, error
    else:
        raise AssertionError("it did not fail")


def test_asyncio():
    async def main(hub, kirk):
        listening = hub.listen_async(HERE)
        assert hub.code in hub.uri and hub.address in hub.uri
        assert 0 < hub.remaining_ms <= 60000
        assert await kirk.dial_async(hub.address, hub.code) == "hub"
        assert await listening == "kirk"
        assert hub.code is None
        with open(hub.props.peers, encoding="ascii") as file:
            assert file.read().startswith("kirk ")

    run(main)


def test_asyncio_wrong_code():
    async def main(hub, kirk):
        listening = hub.listen_async(HERE)
        await fails(Hein.Error.INSECURE,
                    kirk.dial_async(hub.address, "AAAA-AAAA-AAAA-AAAA"))
        await fails(Hein.Error.INSECURE, listening)
        await fails(Hein.Error.FAILED, kirk.dial_async(f"{HERE}:9", "AAAA"))

    run(main)


def test_asyncio_cancelled():
    async def main(hub, kirk):
        listening = hub.listen_async(HERE)
        await asyncio.sleep(0)
        listening.cancel()
        try:
            await listening
        except asyncio.CancelledError:
            pass
        cancellable = Gio.Cancellable()
        waiting = kirk.listen_async(HERE, cancellable)
        cancellable.cancel()
        try:
            await waiting
        except GLib.Error as error:
            assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
        else:
            raise AssertionError("it did not fail")

    run(main)


def test_errors():
    """`except Hein.Error` catches what functions and methods raise, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        with open(path, "w", encoding="ascii") as file:
            file.write("sometimes kirk publish **")
        os.chmod(path, 0o600)
        for call in (lambda: Hein.access_explain(path, None, None,
                                                 Hein.Action.PUBLISH, "t"),
                     lambda: Hein.identity_read(path),
                     Hein.Pairing.new(path, os.path.join(folder, "peers"),
                                      "kirk").prepare):
            try:
                call()
            except Hein.Error as error:
                assert error.code in (Hein.Error.FAILED, Hein.Error.NO_PLUGIN), error
            else:
                raise AssertionError("it did not fail")


def test_main_loop():
    with tempfile.TemporaryDirectory() as folder:
        hub, kirk = make(folder, "hub"), make(folder, "kirk")
        loop, names = GLib.MainLoop(), []

        def end(name):
            names.append(name)
            if len(names) == 2:
                loop.quit()

        hub.listen_async(HERE, None, lambda pairing, result:
                         end(pairing.listen_finish(result)))
        kirk.dial_async(hub.uri, None, None, lambda pairing, result:
                        end(pairing.dial_finish(result)))
        loop.run()
        assert sorted(names) == ["hub", "kirk"]


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
