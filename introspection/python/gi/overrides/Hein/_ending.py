# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end: of a bus, of the program, and of what a forked child inherits."""
import asyncio
import atexit
import concurrent.futures
import contextlib
import logging
import os
import select
import sys
import time

from gi.repository import GLib

from ._base import Hein, get_running_loop
from ._errors import Error, translate
from ._owning import buses, forget_all
from ._turner import Turner

# forgotten by the program, and not yet closed
lingering = set()


class Ending:
    def close(self):
        """Closes in order. Where a loop, a thread or a handler's caller turns
        the bus, it only begins to; where nobody does, it returns as leaving
        `with` does: when every peer has taken everything."""
        if self._turner is not None:
            self._close()
        elif self._get_loop() is not None:
            self._start(Hein.Bus.close_async, None,
                        lambda bus, result: self._detach())
        elif self.get_is_closed() or get_running_loop() is not None or \
                GLib.main_depth() > 0 or not self._can_turn():
            self._close()
        else:
            self._close_and_wait()

    def __del__(self, is_finalizing=sys.is_finalizing):
        """Whoever forgets a bus has sent all the same. While the interpreter
        goes, nothing works any more: what was there then has sent at exit."""
        if is_finalizing():
            return
        try:
            if self.get_is_closed() or not Hein.Bus.check_thread(self) or \
                    not self._has_queued():
                return
        except GLib.Error:  # another thread's, or a parent's
            return
        except RuntimeError:  # it was refused, and never made
            return
        if GLib.main_depth() > 0 or get_running_loop() is not None or \
                not self._can_turn():
            lingering.add(self)  # until all has gone out
            self._start(Hein.Bus.close_async, None,
                        lambda bus, result: lingering.discard(self))
        else:
            with contextlib.suppress(Error):
                self._close_and_wait()

    def _can_turn(self):
        with contextlib.suppress(Error):
            self._claim()
            return True
        return False

    async def aclose(self):
        """Closes; returns when every peer has taken everything."""
        try:
            await self._ask(Hein.Bus.close_async, Hein.Bus.close_finish)
        finally:
            self._detach()
            self.stop()

    async def _leave_loop(self):
        if not self.get_is_closed():
            return await super()._leave_loop()
        with contextlib.suppress(Error):  # it is closing: linger-ms at most
            await self.aclose()

    async def __aenter__(self):
        self._attach()
        return self

    async def __aexit__(self, kind, error, traceback):
        try:
            await self.aclose()
        except Error:
            if error is None:
                raise

    def _begin_close(self):
        future = concurrent.futures.Future()

        def on_end(bus, result):
            try:
                future.set_result(self.close_finish(result))
            except GLib.Error as error:
                future.set_exception(translate(error))

        self._start(Hein.Bus.close_async, None, on_end)
        return future

    def _close_and_wait(self):
        if self._turner is None:
            self._claim()
        future = self._begin_close()
        while self._turner is None and not future.done():
            self._turn(-1)
        return future.result()

    def run_dispose(self):
        """No loop and no thread waits for a descriptor that is closed."""
        self._detach()
        self.stop()
        Hein.Bus.run_dispose(self)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self._close_and_wait()
        except Error as failure:
            # a forked child leaves what is its parent's
            if error is None and self in buses:
                raise failure
        finally:
            self._detach()
            self.stop()


# ---- the end of the program ----


def _begin(bus):
    """A future of its end; None: nobody can close it here, or needs to."""
    if bus._turner is not None:
        return bus._begin_close()
    loop = bus._get_loop()
    if loop is not None and loop.is_running():
        return asyncio.run_coroutine_threadsafe(bus.aclose(), loop)
    return bus._begin_close() if bus._can_turn() else None


def _turn_until(ends, deadline):
    """Turns those that this thread owns, until all have ended."""
    poll, by_fd = select.poll(), {}
    for bus in ends:
        loop = bus._get_loop()
        if bus._turner is None and not (loop is not None and loop.is_running()):
            fd = Hein.Bus.get_fd(bus)
            by_fd[fd] = bus
            poll.register(fd, select.POLLIN)
    while not all(ends[bus].done() for bus in by_fd.values()):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        for fd, _ in poll.poll(int(left * 1000) + 1):
            Hein.Bus.turn(by_fd[fd], 0)


def _tell(bus, future, deadline):
    """What was not taken is said: nobody else is there to ask."""
    try:
        future.result(max(0, deadline - time.monotonic()))
    except (GLib.Error, concurrent.futures.TimeoutError) as error:
        logging.getLogger("hein").warning(
            "at the end of the program the bus %r lost messages: %s",
            bus.get_name(), error or "it was not closed within linger-ms")


def close_all():
    """Sends what was sent, for up to `linger-ms`, and ends the thread."""
    try:
        _close_buses(list(buses))
    finally:
        for bus in list(buses):
            bus._turner = None
        Turner.end()


def _close_buses(buses):
    ends = {}
    for bus in buses:
        with contextlib.suppress(GLib.Error):
            future = _begin(bus)
            if future is not None:
                ends[bus] = future
    if not ends:
        return
    # a peer's own time is within it; a little more, for its end to be told
    longest = max(bus.get_property("linger-ms") for bus in ends)
    deadline = time.monotonic() + longest / 1000 + 0.5
    _turn_until(ends, deadline)
    for bus, future in ends.items():
        _tell(bus, future, deadline)


# after the threads of the program have ended, and after what it registers
atexit.register(close_all)


_is_watching = False


def _watch_children():
    """A process of multiprocessing ends without atexit: it has a list of its
    own, which it clears when it begins."""
    global _is_watching
    util = sys.modules.get("multiprocessing.util")
    if util is None or _is_watching:
        return
    _is_watching = True
    util.register_after_fork(
        close_all, lambda function: util.Finalize(None, function, exitpriority=0))


def _on_fork():
    forget_all()
    _watch_children()


os.register_at_fork(after_in_child=_on_fork)
_watch_children()
