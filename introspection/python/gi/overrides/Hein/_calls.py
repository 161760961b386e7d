# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls that end in a later turn of the bus: awaited under asyncio, waited for
elsewhere."""
import asyncio
import concurrent.futures
import contextlib

from gi.repository import Gio, GLib

from ._base import (Hein, awaits, blocks, check_ms, get_running_loop,
                    refuse_nul)
from ._errors import Error, translate
from ._owner import owned

_dial_async = refuse_nul(Hein.Bus.dial_async)


def settle(future, error, value):
    """Ends a future of asyncio, from whatever thread turns the bus."""
    def settle_here():
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)

    loop = future.get_loop()
    if loop is get_running_loop():
        settle_here()
    elif not loop.is_closed():
        loop.call_soon_threadsafe(settle_here)


@contextlib.contextmanager
def cancelled_by(cancellable, cancel):
    """What the program cancels ends this call, too."""
    if cancellable is None:
        yield
        return
    # connect () calls at once what is cancelled already
    number = cancellable.connect(cancel)
    try:
        yield
    finally:
        if number:
            cancellable.disconnect(number)


def refuse_asyncio(name, instead):
    """What blocks would stop the loop, and with it the bus."""
    if get_running_loop() is not None:
        raise Error.new(Error.FAILED, f"{name} would block the asyncio loop that "
                        f"runs here: {instead}")


def _check_peers(n_peers, timeout_ms):
    check_ms(timeout_ms)
    if n_peers < 1:
        raise ValueError(f"the number of peers is at least 1, not {n_peers!r}")


class Calling:
    """Dialling, pinging, waiting for peers."""

    @awaits
    def dial_async(self, uri, cancellable=None, callback=None, *data):
        """Dials, and awaits that the connection is up; gives the endpoint.

        It is closed when this fails or is cancelled. Raises: as `dial ()`, and why
        the connection failed. With a callback it is that of C. Thread: owner.
        """
        if callback is not None:
            return self._dial_async(uri, cancellable, callback, *data)
        return self._ask(_dial_async, Hein.Bus.dial_finish, uri,
                         cancellable=cancellable, undo=Hein.Endpoint.close)

    @awaits
    def ping_async(self, timeout_ms, cancellable=None, callback=None, *data):
        """Awaits which peers give a sign of life: a dictionary of names, with
        True or False.

        `timeout_ms`: milliseconds, 1 or more. With a callback it is that of C.
        Thread: owner.
        """
        check_ms(timeout_ms, least=1)
        if callback is not None:
            return self._ping_async(timeout_ms, cancellable, callback, *data)
        return self._ask(Hein.Bus.ping_async, _finish_ping, timeout_ms,
                         cancellable=cancellable)

    @blocks
    def ping(self, timeout_ms):
        """Waits for which peers give a sign of life: as `ping_async ()`, where no
        loop runs. Ctrl-C ends it."""
        refuse_asyncio("ping ()", "await ping_async ()")
        check_ms(timeout_ms, least=1)
        return self._wait_for(Hein.Bus.ping_async, _finish_ping, timeout_ms)

    @awaits
    def wait_for_peers_async(self, n_peers=1, timeout_ms=-1, cancellable=None,
                             callback=None, *data):
        """Awaits that so many peers take messages.

        `timeout_ms`: milliseconds; -1: for ever. Raises: `TIMED_OUT`, `CLOSED`.
        With a callback it is that of C. Thread: owner.
        """
        _check_peers(n_peers, timeout_ms)
        if callback is not None:
            return self._wait_for_peers_async(n_peers, timeout_ms, cancellable,
                                              callback, *data)
        return self._ask(Hein.Bus.wait_for_peers_async,
                         Hein.Bus.wait_for_peers_finish, n_peers, timeout_ms,
                         cancellable=cancellable)

    @blocks
    def wait_for_peers(self, n_peers=1, timeout_ms=-1):
        """Waits until so many peers take messages: as `wait_for_peers_async ()`,
        where no loop runs. Ctrl-C ends it."""
        refuse_asyncio("wait_for_peers ()", "await wait_for_peers_async ()")
        _check_peers(n_peers, timeout_ms)
        return self._wait_for(Hein.Bus.wait_for_peers_async,
                              Hein.Bus.wait_for_peers_finish, n_peers, timeout_ms)

    @awaits
    def confirm_subscriptions_async(self, timeout_ms=-1, cancellable=None,
                                    callback=None, *data):
        """Awaits that all peers know what the bus has subscribed to.

        `timeout_ms`: milliseconds; -1: for ever. Raises: `TIMED_OUT`, `CLOSED`.
        With a callback it is that of C. Thread: owner.
        """
        check_ms(timeout_ms)
        if callback is not None:
            return self._confirm_subscriptions_async(timeout_ms, cancellable,
                                                     callback, *data)
        return self._ask(Hein.Bus.confirm_subscriptions_async,
                         Hein.Bus.confirm_subscriptions_finish, timeout_ms,
                         cancellable=cancellable)

    @blocks
    def confirm_subscriptions(self, timeout_ms=-1):
        """Waits until all peers know what the bus has subscribed to: as
        `confirm_subscriptions_async ()`, where no loop runs. Ctrl-C ends it."""
        refuse_asyncio("confirm_subscriptions ()",
                       "await confirm_subscriptions_async ()")
        check_ms(timeout_ms)
        return self._wait_for(Hein.Bus.confirm_subscriptions_async,
                              Hein.Bus.confirm_subscriptions_finish, timeout_ms)

    async def _ask(self, start, finish, *args, cancellable=None, undo=None):
        """Makes a call that ends in a turn of the bus, and awaits its end."""
        self._attach()
        future = asyncio.get_running_loop().create_future()
        ours = Gio.Cancellable()

        def on_end(bus, result):
            value, error = None, None
            try:
                value = finish(self, result)
            except GLib.Error as failure:
                error = translate(failure)
            if future.cancelled() and undo is not None and value is not None:
                undo(value)
            settle(future, error, value)

        with cancelled_by(cancellable, ours.cancel):
            self._start(start, *args, ours, on_end)
            try:
                return await future
            except asyncio.CancelledError:
                ours.cancel()
                raise

    def _begin(self, start, finish, *args):
        """Makes such a call; gives a future that ends with it, for any thread."""
        future = concurrent.futures.Future()

        def on_end(bus, result):
            try:
                future.set_result(finish(self, result))
            except GLib.Error as error:
                future.set_exception(translate(error))

        self._start(start, *args, on_end)
        return future

    def _wait_for(self, start, finish, *args):
        """Makes such a call, and turns the bus until it ends."""
        if self._turner is None:
            self._claim()
        cancellable = Gio.Cancellable()
        future = self._begin(start, finish, *args, cancellable)
        try:
            while self._turner is None and not future.done():
                self._turn(-1)
            return future.result()
        except BaseException:
            cancellable.cancel()
            raise

    @owned
    def _start(self, start, *args):
        self._tell_taken()
        start(self, *args)


def _finish_ping(bus, result):
    return Hein.Bus.ping_finish(bus, result).unpack()
