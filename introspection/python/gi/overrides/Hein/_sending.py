# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sending, and the calls that are awaited."""
import asyncio

from gi.repository import Gio, GLib

from ._base import Hein, refuse_nul
from ._errors import translate
from ._messages import to_message
from ._owning import owned
from ._receiving import settle

_send = Hein.Bus.send
_dial_async = refuse_nul(Hein.Bus.dial_async)


class Sending:
    def send(self, message, *payload):
        try:
            return _send(self, to_message(message, *payload))
        except GLib.Error as error:
            raise translate(error) from None

    def send_to(self, name, message, *payload):
        return self._send_to(name, to_message(message, *payload))

    def send_with(self, strategy, key, message, *payload):
        return self._send_with(strategy, key, to_message(message, *payload))

    def send_wait(self, message, *payload):
        """Awaits that there is room for the message."""
        return self._ask(Hein.Bus.send_async, Hein.Bus.send_finish,
                         to_message(message, *payload))

    def send_async(self, message, cancellable=None, callback=None, *data):
        if callback is None and cancellable is None:
            return self.send_wait(message)
        return self._send_async(message, cancellable, callback, *data)

    def dial_async(self, uri, cancellable=None, callback=None, *data):
        if callback is None and cancellable is None:
            return self._dial_wait(uri)
        return self._dial_async(uri, cancellable, callback, *data)

    async def _dial_wait(self, uri):
        return await self._ask(_dial_async,
                               Hein.Bus.dial_finish, uri,
                               undo=Hein.Endpoint.close)

    def ping_async(self, timeout_ms, cancellable=None, callback=None, *data):
        if callback is None and cancellable is None:
            return self._ping_wait(timeout_ms)
        return self._ping_async(timeout_ms, cancellable, callback, *data)

    async def _ping_wait(self, timeout_ms):
        """For each name, whether it gave a sign of life."""
        answers = await self._ask(Hein.Bus.ping_async, Hein.Bus.ping_finish,
                                  timeout_ms)
        return answers.unpack()

    def wait_for_peers_async(self, n_peers, timeout_ms=-1, cancellable=None,
                             callback=None, *data):
        if callback is None and cancellable is None:
            return self._wait_for_peers(n_peers, timeout_ms)
        return self._wait_for_peers_async(n_peers, timeout_ms, cancellable,
                                          callback, *data)

    async def _wait_for_peers(self, n_peers, timeout_ms):
        await self._ask(Hein.Bus.wait_for_peers_async,
                        Hein.Bus.wait_for_peers_finish, n_peers, timeout_ms)

    async def _ask(self, start, finish, *args, undo=None):
        """Makes a call that ends in a turn of the bus, and awaits its end."""
        self._attach()
        future = asyncio.get_running_loop().create_future()
        cancellable = Gio.Cancellable()

        def on_end(bus, result):
            value, error = None, None
            try:
                value = finish(bus, result)
            except GLib.Error as failure:
                error = translate(failure)
            if future.cancelled() and undo is not None and value is not None:
                undo(value)
            settle(future, error, value)

        self._start(start, *args, cancellable, on_end)
        try:
            return await future
        except asyncio.CancelledError:
            cancellable.cancel()
            raise

    @owned
    def _start(self, start, *args):
        start(self, *args)
