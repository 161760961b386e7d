# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end of a bus."""
import contextlib
import sys

from gi.repository import GLib

from ._base import Hein, awaits, blocks, get_running_loop
from ._errors import Error
from ._owner import buses

# forgotten by the program, and not yet closed
lingering = set()


class Closing:
    @blocks
    def close(self):
        """Closes in order. Where a loop, a thread or a handler's caller turns
        the bus, it only begins to; where nobody does, it returns as leaving
        `with` does: when every peer has taken everything, within `linger_ms`.

        Raises: `TIMED_OUT` when a peer did not. Thread: owner.
        """
        self._go_back()  # they are lost, as the sender is told
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

    @awaits
    def close_async(self, cancellable=None, callback=None, *data):
        """Closes, and awaits that every peer has taken everything.

        Raises: `TIMED_OUT` when one did not within `linger_ms`. With a callback it
        is that of C. Thread: owner.
        """
        if callback is not None:
            return self._close_async(cancellable, callback, *data)
        return self._close_awaited(cancellable)

    async def _close_awaited(self, cancellable):
        try:
            return await self._ask(Hein.Bus.close_async, Hein.Bus.close_finish,
                                   cancellable=cancellable)
        finally:
            self._detach()
            self.stop()

    @awaits
    def aclose(self):
        """As `close_async ()`, for `contextlib.aclosing ()`."""
        return self.close_async()

    async def _leave_loop(self):
        if not self.get_is_closed():
            return await super()._leave_loop()
        with contextlib.suppress(Error):  # it is closing: linger-ms at most
            await self.aclose()

    async def __aenter__(self):
        self._attach()
        return self

    @awaits
    async def __aexit__(self, kind, error, traceback):
        """Closes, and awaits that every peer has taken everything."""
        try:
            await self.aclose()
        except Error:
            if error is None:
                raise

    def _begin_close(self):
        return self._begin(Hein.Bus.close_async, Hein.Bus.close_finish, None)

    def _close_and_wait(self):
        if self._turner is None:
            self._claim()
        future = self._begin_close()
        while self._turner is None and not future.done():
            self._turn(-1)
        return future.result()

    def run_dispose(self):
        """No loop and no thread waits for a descriptor that is closed."""
        self._go_back()
        self._forget_ahead()
        self._detach()
        self.stop()
        Hein.Bus.run_dispose(self)

    def __enter__(self):
        return self

    @blocks
    def __exit__(self, kind, error, traceback):
        """Closes, and waits until every peer has taken everything."""
        try:
            self._close_and_wait()
        except Error as failure:
            # a forked child leaves what is its parent's
            if error is None and self in buses:
                raise failure
        finally:
            self._detach()
            self.stop()
