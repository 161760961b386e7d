# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receiving under asyncio: tasks stand in a line, and the first is told of a
message, which it takes when it runs."""
import asyncio
import collections
import contextlib

from gi.repository import Gio, GLib

from ._base import Hein, awaits, check_ms, get_running_loop
from ._calls import cancelled_by, settle
from ._errors import Error, error_quark, translate
from ._receiving import BATCH, make_timeout


class _Place:
    """One in the line of tasks that wait for a message."""

    def __init__(self, loop, timeout_ms):
        self.future = loop.create_future()
        self.timer = None
        if timeout_ms >= 0:
            self.timer = loop.call_later(timeout_ms / 1000, self.expire,
                                         timeout_ms)
        self.error = None

    def expire(self, timeout_ms):
        self.end(make_timeout(timeout_ms))

    def cancel(self, *args):
        self.end(GLib.Error.new_literal(Gio.io_error_quark(), "it was cancelled",
                                        Gio.IOErrorEnum.CANCELLED))

    def end(self, error):
        self.error = error
        settle(self.future, error, None)

    def wait_again(self):
        if self.error is not None:
            raise self.error
        self.future = self.future.get_loop().create_future()

    def leave(self):
        if self.timer is not None:
            self.timer.cancel()


class Awaiting:
    _asking = None  # the Gio.Cancellable of the call that waits for a message

    def _make(self, **properties):
        self._waiters = collections.deque()  # _Place of tasks, in order
        super()._make(**properties)

    @awaits
    def receive_async(self, max, cancellable=None, callback=None, *data):
        """Awaits messages: a list of at least one and at most `max`, in order.

        A task that is cancelled takes no message with it. Raises: `CLOSED`. With a
        callback it is that of C. Thread: owner.
        """
        if callback is not None:
            self._go_back()
            return self._receive_async(max, cancellable, callback, *data)
        return self._await_some(max, -1, cancellable)

    @awaits
    async def receive_one_async(self, timeout_ms=-1, cancellable=None):
        """Awaits a message.

        `timeout_ms`: milliseconds; negative: for ever. A task that is cancelled
        takes no message with it. Raises: `TIMED_OUT`, `CLOSED`. Thread: owner.
        """
        check_ms(timeout_ms)
        if self._ahead and not self._waiters and \
                self._loop is get_running_loop():
            message = self._pop_one()
            if message is not None:
                return message
        return (await self._await_some(1, timeout_ms, cancellable))[0]

    @awaits
    async def __aiter__(self):
        """Awaits each message, until the bus is closed."""
        while True:
            try:
                taken = await self._await_some(1, -1)
            except GLib.Error as error:
                if error.matches(error_quark(), Error.CLOSED):
                    return
                raise
            yield taken[0]
            # without a coroutine while there are more; but others have a turn
            for _ in range(BATCH):
                if self._waiters or self._turner is not None or \
                        not self._ahead and not self._try_fetch():
                    break
                message = self._pop_one()
                if message is None:
                    break
                yield message
            else:
                await asyncio.sleep(0)

    async def _await_some(self, max, timeout_ms, cancellable=None):
        self._attach()
        if not self._waiters:
            taken = self._take_now(max)
            if taken:
                return taken
        return await self._wait_in_line(max, timeout_ms, cancellable)

    def _take_now(self, max):
        if self._turner is not None:
            return self._take_there(max)
        return self._take_here(max)

    async def _wait_in_line(self, max, timeout_ms, cancellable):
        """Nobody is given a message before he runs, so a cancelled task takes
        none with it."""
        place = _Place(asyncio.get_running_loop(), timeout_ms)
        self._waiters.append(place)
        try:
            with cancelled_by(cancellable, place.cancel):
                return await self._take_in_turn(place, max)
        finally:
            place.leave()
            with contextlib.suppress(ValueError):  # forked meanwhile
                self._waiters.remove(place)
            self._ask_for_one()

    async def _take_in_turn(self, place, max):
        while True:
            self._ask_for_one()
            await place.future
            taken = self._take_now(max)
            if taken:
                return taken
            place.wait_again()

    def _ask_for_one(self):
        """Sees to it that the first in line is told of a message; while nobody
        waits, there is no call."""
        if not self._waiters:
            if self._asking is not None:
                self._asking.cancel()
        elif self._ahead:
            settle(self._waiters[0].future, None, None)
        elif self._asking is None and not self._waiters[0].future.done():
            self._asking = Gio.Cancellable()
            self._start(Hein.Bus.receive_async, 0, self._asking,
                        self._on_one_there)

    def _on_one_there(self, bus, result):
        self._asking = None
        error = None
        try:
            self.receive_finish(result)
        except GLib.Error as failure:
            error = translate(failure)
        if error is None:
            if self._waiters:
                settle(self._waiters[0].future, None, None)
        elif error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
            self._ask_for_one()
        else:
            for place in list(self._waiters):
                settle(place.future, error, None)
