# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receiving. A message is taken when it is handed to the program, and not
before: what nobody was given stays in the bus, unacknowledged."""
import collections
import concurrent.futures
import time

from gi.repository import Gio, GLib

from ._base import Hein, blocks, check_ms, get_running_loop
from ._calls import refuse_asyncio
from ._errors import Error, raises, translate
from ._owner import check_here

# taken at a time, unless a program says how many
BATCH = 256

_receive = Hein.Bus.receive
_take = Hein.Bus.take


def make_timeout(timeout_ms):
    return Error.new(Error.TIMED_OUT, f"no message came within {timeout_ms} ms")


class Receiving:
    def _make(self, **properties):
        self._kept = collections.deque()  # taken, but Ctrl-C came in between
        super()._make(**properties)

    @blocks
    def receive(self, timeout_ms=-1):
        """Waits for a message, and turns the bus meanwhile. Ctrl-C ends it.

        `timeout_ms`: milliseconds; 0: it only looks; negative: for ever. Raises:
        `TIMED_OUT`; `CLOSED`; `FAILED` where asyncio runs, which awaits
        `receive_one_async ()`. Thread: owner.
        """
        if get_running_loop() is not None:
            refuse_asyncio("receive ()", "await receive_one_async ()")
        if type(timeout_ms) is not int:
            check_ms(timeout_ms)
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
                raise make_timeout(timeout_ms)

    @blocks
    def __iter__(self):
        """Waits for each message, until the bus is closed."""
        while True:
            try:
                yield self.receive()
            except Error as error:
                if error.code != Error.CLOSED:
                    raise
                return

    def take(self, max=BATCH):
        """Takes up to so many messages that are there, without waiting: a list.
        Thread: owner."""
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
                raise make_timeout(timeout_ms)

    def _wait_there(self, timeout):
        """Whether a message may be there."""
        cancellable = Gio.Cancellable()
        future = self._begin(Hein.Bus.receive_async, Hein.Bus.receive_finish, 0,
                             cancellable)
        try:
            future.result(timeout)
        except concurrent.futures.TimeoutError:
            return False
        finally:
            cancellable.cancel()
        return True
