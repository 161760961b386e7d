# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receiving. A message is taken when it is handed to the program, and not
before: what nobody was given stays in the bus, unacknowledged."""
import asyncio
import collections
import concurrent.futures
import contextlib
import time

from gi.repository import Gio, GLib

from ._base import Hein, get_running_loop
from ._errors import Error, error_quark, raises, translate
from ._owning import check_here

# taken at a time, unless a program says how many
BATCH = 256

_receive = Hein.Bus.receive
_take = Hein.Bus.take


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


def _make_timeout(timeout_ms):
    return Error.new(Error.TIMED_OUT, f"no message came within {timeout_ms} ms")


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
        self.error = _make_timeout(timeout_ms)
        settle(self.future, self.error, None)

    def wait_again(self):
        if self.error is not None:
            raise self.error
        self.future = self.future.get_loop().create_future()

    def leave(self):
        if self.timer is not None:
            self.timer.cancel()


class Receiving:
    _asking = None  # the Gio.Cancellable of the call that waits for a message

    def _make(self, **properties):
        self._waiters = collections.deque()  # _Place of tasks, in order
        self._kept = collections.deque()  # taken, but Ctrl-C came in between
        super()._make(**properties)

    def receive(self, timeout_ms=-1):
        """Waits for a message; where asyncio runs, it is to be awaited."""
        if get_running_loop() is not None:
            return self._await_one(timeout_ms)
        if self._turner is not None:
            return self._receive_there(timeout_ms)
        if self._loop is not None:
            self._check_loop()
        try:
            return _receive(self, 0)
        except GLib.Error as error:
            if not timeout_ms or error.code != Error.TIMED_OUT:
                raise translate(error) from None
        return self._receive_here(timeout_ms)

    def _receive_here(self, timeout_ms):
        """Returns to Python whenever the bus wakes, for Ctrl-C."""
        end = time.monotonic() + timeout_ms / 1000
        left_ms = timeout_ms
        while True:
            self._turn(left_ms)
            taken = _take(self, 1)
            if taken:
                return taken[0]
            if timeout_ms > 0:
                left_ms = max(0, int((end - time.monotonic()) * 1000 + 0.999))
            if self.get_is_closed():
                return raises(_receive)(self, 0)
            if left_ms == 0:
                raise _make_timeout(timeout_ms)

    def take(self, max=BATCH):
        """Takes up to so many messages that are there, without waiting."""
        if self._turner is not None:
            return self._take_there(max)
        check_here(self)
        return _take(self, max)

    # with the thread of start ()

    def _take_there(self, max):
        taken = [self._kept.popleft() for _ in range(min(max, len(self._kept)))]
        if len(taken) < max:
            taken += self._call_there(_take, max - len(taken))
        return taken

    def _call_there(self, function, *args):
        turner = self._turner
        future = turner.begin(function, self, *args)
        try:
            return future.result()
        except KeyboardInterrupt:
            # what it takes in this moment is for the next
            future.add_done_callback(self._keep)
            raise

    def _keep(self, future):
        if future.exception() is None:
            self._kept.extend(future.result())

    def _receive_there(self, timeout_ms):
        end = time.monotonic() + timeout_ms / 1000
        while True:
            taken = self._take_there(1)
            if taken:
                return taken[0]
            left = None if timeout_ms < 0 else max(0, end - time.monotonic())
            if left == 0 or not self._wait_there(left):
                raise _make_timeout(timeout_ms)

    def _wait_there(self, timeout):
        """Whether a message may be there."""
        future, cancellable = concurrent.futures.Future(), Gio.Cancellable()

        def on_end(bus, result):
            try:
                future.set_result(self.receive_finish(result))
            except GLib.Error as error:
                future.set_exception(translate(error))

        self._start(Hein.Bus.receive_async, 0, cancellable, on_end)
        try:
            future.result(timeout)
        except concurrent.futures.TimeoutError:
            return False
        finally:
            cancellable.cancel()
        return True

    # asyncio

    async def receive_many(self, max=BATCH):
        """Awaits messages: at least one, in order."""
        return await self._await_some(max, -1)

    async def _await_one(self, timeout_ms):
        return (await self._await_some(1, timeout_ms))[0]

    async def __aiter__(self):
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
                if self._waiters or self._turner is not None:
                    break
                taken = _take(self, 1)
                if not taken:
                    break
                yield taken[0]
            else:
                await asyncio.sleep(0)

    async def _await_some(self, max, timeout_ms):
        self._attach()
        if not self._waiters:
            taken = self._take_now(max)
            if taken:
                return taken
        return await self._wait_in_line(max, timeout_ms)

    def _take_now(self, max):
        return _take(self, max) if self._turner is None else self._take_there(max)

    async def _wait_in_line(self, max, timeout_ms):
        """Nobody is given a message before he runs, so a cancelled task takes
        none with it."""
        place = _Place(asyncio.get_running_loop(), timeout_ms)
        self._waiters.append(place)
        try:
            while True:
                self._ask_for_one()
                await place.future
                taken = self._take_now(max)
                if taken:
                    return taken
                place.wait_again()
        finally:
            place.leave()
            with contextlib.suppress(ValueError):  # forked meanwhile
                self._waiters.remove(place)
            self._ask_for_one()

    def _ask_for_one(self):
        """Sees to it that the first in line is told of a message; while nobody
        waits, there is no call."""
        if not self._waiters:
            if self._asking is not None:
                self._asking.cancel()
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
