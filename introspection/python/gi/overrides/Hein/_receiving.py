# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receiving. A message counts as taken when it is handed to the program: many are
taken ahead of time, and those that nobody was given go back."""
import concurrent.futures
import contextlib
import threading
import time
from itertools import islice

from gi.repository import Gio, GLib

from ._ahead import Alone, Shared
from ._base import Hein, blocks, check_ms, get_running_loop
from ._calls import refuse_asyncio
from ._errors import Error, raises, translate
from ._owner import check_here

# taken at a time, unless a program says how many
BATCH = 256

_receive = Hein.Bus.receive
_take = Hein.Bus.take
_take_ahead = Hein.Bus.take_ahead
_note_taken = Hein.Bus.note_taken
_connect = Hein.Bus.connect
get_ident = threading.get_ident


def make_timeout(timeout_ms):
    return Error.new(Error.TIMED_OUT, f"no message came within {timeout_ms} ms")


def _going_back(function):
    """What was taken ahead of time is for a handler first, if it waits for one."""
    def call(self, *args, **kwargs):
        self._go_back()
        return function(self, *args, **kwargs)
    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


class Receiving:
    _n_untold = 0  # of those ahead, and those handed on since C was told

    def _make(self, **properties):
        self._ahead = Alone()
        super()._make(**properties)

    @blocks
    def receive(self, timeout_ms=-1):
        """Waits for a message, and turns the bus meanwhile. Ctrl-C ends it.

        `timeout_ms`: milliseconds; 0: it only looks; negative: for ever. Raises:
        `TIMED_OUT`; `CLOSED`; `FAILED` where asyncio runs, which awaits
        `receive_one_async ()`. Thread: owner.
        """
        ahead = self._ahead
        if ahead.reader == get_ident() and type(timeout_ms) is int and \
                get_running_loop() is None:
            try:
                return next(ahead.each)  # faster than pop ()
            except StopIteration:
                message = self._pop_last()
                if message is not None:
                    return message
        return self._receive_next(timeout_ms)

    def _receive_next(self, timeout_ms):
        if get_running_loop() is not None:
            refuse_asyncio("receive ()", "await receive_one_async ()")
        if type(timeout_ms) is not int:
            check_ms(timeout_ms)
        if self._turner is not None:
            return self._receive_there(timeout_ms)
        if self._loop is not None:
            self._check_loop()
        if self._ahead:
            self._claim()
        taken = self._take_here(1)
        if taken:
            return taken[0]
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
            taken = self._take_here(1)
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
        return self._take_here(max)

    def take_one(self):
        """Takes the oldest message that is there, without waiting; None: there is
        none. Thread: owner."""
        taken = self.take(1)
        return taken[0] if taken else None

    def _take_here(self, max):
        """In the thread that owns the bus."""
        if not self._ahead and (max < 1 or not self._try_fetch()):
            return _take(self, max) if max != 1 else []
        taken = self._pop(max)
        if not self._ahead:
            self._run_out()
            if len(taken) < max:
                taken += _take(self, max - len(taken))
        return taken

    def _pop(self, max):
        """A list of up to so many."""
        if max == 1 or type(self._ahead) is Shared:
            return list(islice(iter(self._pop_one, None), max))
        before = len(self._ahead)
        try:
            taken = list(islice(self._ahead.each, max))
        except BaseException:  # Ctrl-C: nobody was given them
            self._take_back(before)
            raise
        if len(taken) < max and (message := self._pop_last()) is not None:
            taken.append(message)
        return taken

    def _pop_one(self):
        """The next one, or None."""
        try:
            return self._ahead.pop()
        except IndexError:  # another thread was faster
            return None
        except StopIteration:
            return self._pop_last()

    def _pop_last(self):
        """The last of those that one thread takes, or None."""
        ahead = self._ahead
        if len(ahead) > 1:  # Ctrl-C came in between: they come again
            self._take_back()
            return None
        message, ahead.last = ahead.last, None
        self._run_out()
        return message

    # ahead of time: in the thread that owns the bus

    def _fetch(self):
        """Takes many, and returns whether there were any."""
        self._tell_taken()
        ahead = Alone() if self._turner is None else Shared()
        ahead.take(self)
        self._n_untold = len(ahead)
        self._ahead = ahead
        return self._n_untold > 0

    def _try_fetch(self):
        try:
            return self._fetch()
        except GLib.Error:  # a handler takes them, or they are another thread's
            return False

    def _tell_taken(self):
        """Tells how many of them the program was given."""
        self._tell_all_but(len(self._ahead))

    def _tell_all_but(self, n):
        n_taken = self._n_untold - n
        if n_taken > 0:
            self._n_untold = n
            _note_taken(self, n_taken)

    def _note_reader(self):
        """This thread owns the bus now."""
        if self._ahead:
            self._ahead.reader = get_ident()

    def _run_out(self):
        if self._turner is None:
            self._tell_taken()
            self._forget_ahead()

    def _take_back(self, n=0):
        """So many, or all that nobody was given."""
        self._tell_all_but(max(n, self._ahead.give_up()))
        with contextlib.suppress(GLib.Error):  # forked meanwhile
            _take_ahead(self, 0)
        self._forget_ahead()

    def _forget_ahead(self):
        self._n_untold = 0
        self._ahead = Alone()

    def _go_back(self):
        if not self._n_untold:
            return
        if self._turner is not None:
            self._turner.call(self._take_back)
        elif self._ahead.reader == get_ident():
            self._take_back()

    # whoever is connected, or unblocked, is given what waits

    connect = _going_back(_connect)
    connect_after = _going_back(Hein.Bus.connect_after)
    connect_data = _going_back(Hein.Bus.connect_data)
    connect_object = _going_back(Hein.Bus.connect_object)
    connect_object_after = _going_back(Hein.Bus.connect_object_after)
    handler_unblock = _going_back(Hein.Bus.handler_unblock)
    handler_unblock_by_func = _going_back(Hein.Bus.handler_unblock_by_func)

    def handler_block(self, handler_id):
        # `with` unblocks it in the end
        return _Blocking(self, Hein.Bus.handler_block(self, handler_id))

    # with the thread of start ()

    def _take_there(self, max):
        taken = self._pop(max)
        while len(taken) < max and self._turner.call(self._fetch_there):
            taken += self._pop(max - len(taken))
        return taken

    def _fetch_there(self):
        """In that thread; whether there are any."""
        return bool(self._ahead) or self._try_fetch()

    def _receive_there(self, timeout_ms):
        end = time.monotonic() + timeout_ms / 1000
        while True:
            message = self._pop_one()
            if message is not None:
                return message
            left = None if timeout_ms < 0 else max(0, end - time.monotonic())
            if not self._wait_there(left) and left == 0:
                raise make_timeout(timeout_ms)

    def _wait_there(self, timeout):
        """Whether a message may be there."""
        future = concurrent.futures.Future()
        cancellable = Gio.Cancellable()
        self._turner.begin(self._begin_wait, future, cancellable)
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError:
            # unless one is being taken in this moment
            return not future.cancel() and future.result()
        finally:
            future.cancel()  # whoever gave up is given nothing
            cancellable.cancel()

    def _begin_wait(self, future, cancellable):
        """In that thread: takes what is there, or as soon as something is."""
        def end(error):
            if not future.set_running_or_notify_cancel():
                return
            if error is not None:
                future.set_exception(translate(error))
            else:
                self._fetch_there()
                future.set_result(True)

        if self._ahead:  # none of them comes again
            end(None)
            return

        def on_one_there(bus, result):
            try:
                Hein.Bus.receive_finish(self, result)
            except GLib.Error as error:
                end(error)
            else:
                end(None)

        Hein.Bus.receive_async(self, 0, cancellable, on_one_there)


class _Blocking:
    """A handler that is blocked, until `with` is left."""

    def __init__(self, bus, blocking):
        self.bus = bus
        self.blocking = blocking

    def __enter__(self):
        return self.blocking.__enter__()

    def __exit__(self, *args):
        self.bus._go_back()
        return self.blocking.__exit__(*args)
