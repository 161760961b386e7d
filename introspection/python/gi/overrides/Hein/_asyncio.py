# SPDX-License-Identifier: LGPL-2.1-or-later
"""An asyncio loop turns the bus: it waits for its descriptor."""
import asyncio
import contextlib
import weakref

from ._base import Hein, get_running_loop
from ._errors import Error


async def _stay(ref):
    """An asynchronous generator, which a loop closes in its end."""
    try:
        yield
    finally:
        bus = ref()
        if bus is not None and bus._stay is not None:
            await bus._leave_loop()


class Looping:
    _loop = None
    _stay = None
    _fd = -1  # which that loop waits for
    _turned = None  # a future that ends with the next turn by asyncio

    def _get_loop(self):
        """The asyncio loop that turns the bus, unless it has ended."""
        if self._loop is not None and self._loop.is_closed():
            self._detach()
        return self._loop

    def _attach(self):
        """The running asyncio loop, if any, turns the bus from now on."""
        loop = get_running_loop()
        if loop is None or loop is self._loop or self._turner is not None:
            return
        self._check_loop()
        self._detach()
        if getattr(loop, "turns_buses", True):
            self._leave_home()
            self._add_reader(loop)
        self._loop = loop
        # the first step tells the loop of it
        self._stay = _stay(weakref.ref(self))
        with contextlib.suppress(StopIteration):
            self._stay.asend(None).send(None)

    def _add_reader(self, loop):
        self._fd = Hein.Bus.get_fd(self)
        try:
            loop.add_reader(self._fd, self._turn_by_loop)
        except NotImplementedError:
            raise Error.new(
                Error.FAILED, f"{type(loop).__name__} cannot wait for "
                "descriptors (add_reader): bus.start () works without") from None

    def _turn_by_loop(self):
        self._turn(0)
        if self._turned is not None and not self._turned.done():
            self._turned.set_result(None)

    async def _leave_loop(self):
        """The loop ends: what was sent goes out before, within linger-ms."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.get_property("linger-ms") / 1000
        while self._has_queued():
            self._turned = loop.create_future()
            try:
                await asyncio.wait_for(self._turned, end - loop.time())
            except asyncio.TimeoutError:
                break
        self._detach()

    def _has_queued(self):
        return any(peer.get_queued_bytes() for peer in self.get_peers())

    def _detach(self):
        loop, self._loop, self._stay = self._loop, None, None
        if loop is None:
            return
        if self._fd >= 0 and not loop.is_closed():
            loop.remove_reader(self._fd)
        self._fd = -1
        self._go_home()

    def _check_loop(self):
        loop = self._get_loop()
        if loop is not None and loop is not get_running_loop() and \
                loop.is_running():
            raise Error.new(
                Error.FAILED, f"an asyncio loop of another thread turns the bus "
                f"{self.get_name()!r}: await it there, or share it "
                "with bus.start ()")
