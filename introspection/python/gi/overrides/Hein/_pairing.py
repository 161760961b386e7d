# SPDX-License-Identifier: LGPL-2.1-or-later
"""Making keys known to each other by a code."""
import asyncio
import threading

from gi.repository import Gio, GLib

from ._base import Hein, awaits, get_running_loop, override, refuse_nul
from ._calls import cancelled_by, settle
from ._errors import raises, translate

_listen_async = refuse_nul(Hein.Pairing.listen_async)
_dial_async = refuse_nul(Hein.Pairing.dial_async)


def _turn(context, has_ended):
    """No other loop turns the context of the call."""
    while not has_ended.is_set():
        context.iteration(True)


async def _wait(future, ours, cancellable):
    with cancelled_by(cancellable, ours.cancel):
        try:
            return await future
        except asyncio.CancelledError:
            ours.cancel()
            raise


class Pairing(Hein.Pairing):
    """Makes the keys of two peers known to each other, by a code that one side
    shows and the other one types.

    Under asyncio `listen_async ()` and `dial_async ()` are awaited; signals come in
    a thread of the call then. In a program with a GLib main loop, or with a
    callback, all is as in C.
    """

    code = property(Hein.Pairing.get_code, doc="What to show; None: nothing.")
    address = property(Hein.Pairing.get_address,
                       doc="What the other side dials; None: nothing.")
    uri = property(Hein.Pairing.get_uri, doc="Both, for a QR code.")
    remaining_ms = property(Hein.Pairing.get_remaining,
                            doc="For how much longer the code is valid.")
    prepare = raises(Hein.Pairing.prepare)
    listen_finish = raises(Hein.Pairing.listen_finish)
    dial_finish = raises(Hein.Pairing.dial_finish)

    @awaits
    def listen_async(self, address=None, cancellable=None, callback=None, *data):
        """Shows a code, which is there when this returns, and awaits the side that
        types it: its name. Raises: what `Hein.Pairing.listen_finish ()` says."""
        if callback is not None or get_running_loop() is None:
            return _listen_async(self, address, cancellable, callback, *data)
        return self._await(_listen_async, Hein.Pairing.listen_finish, address,
                           cancellable=cancellable)

    @awaits
    def dial_async(self, address, code=None, cancellable=None, callback=None, *data):
        """Pairs with the side that shows a code, and awaits its name. Raises: what
        `Hein.Pairing.listen_finish ()` says."""
        if callback is not None or get_running_loop() is None:
            return _dial_async(self, address, code, cancellable, callback, *data)
        return self._await(_dial_async, Hein.Pairing.dial_finish, address, code,
                           cancellable=cancellable)

    def _await(self, start, finish, *args, cancellable):
        future = asyncio.get_running_loop().create_future()
        context, ours = GLib.MainContext.new(), Gio.Cancellable()
        has_ended = threading.Event()

        def on_end(_pairing, result):
            value, error = None, None
            try:
                value = finish(self, result)
            except GLib.Error as failure:
                error = translate(failure)
            has_ended.set()
            settle(future, error, value)

        context.push_thread_default()
        try:
            start(self, *args, ours, on_end)
        finally:
            context.pop_thread_default()
        threading.Thread(target=_turn, args=(context, has_ended), daemon=True).start()
        return asyncio.ensure_future(_wait(future, ours, cancellable))


Pairing = override(Pairing)
