# SPDX-License-Identifier: LGPL-2.1-or-later
"""Taking the many answers to a request."""
import collections

from ._base import Hein, awaits, blocks, override
from ._calls import refuse_asyncio

_next_async = Hein.Replies.next_async


class Replies(Hein.Replies):
    """The answers to a request that may have many. One that is let go of before
    the end is cancelled, and the other side is told."""

    _bus = None

    @awaits
    def next_async(self, cancellable=None, callback=None, *data):
        """Awaits the next answer; None: there are no more.

        A task that is cancelled takes no answer with it. Raises: as
        `Bus.request_async ()`. With a callback it is that of C. Thread: owner.
        """
        if callback is not None:
            return _next_async(self, cancellable, callback, *data)
        return self._next(cancellable)

    async def _next(self, cancellable):
        if self._returned:
            return self._returned.popleft()
        return await self._bus._ask(self._start, self._finish,
                                    cancellable=cancellable,
                                    undo=self._returned.append)

    def _begin(self, bus):
        self._bus = bus
        self._returned = collections.deque()  # of tasks that were cancelled
        return self

    def _start(self, bus, *args):
        _next_async(self, *args)

    def _finish(self, bus, result):
        return self.next_finish(result)

    @awaits
    def __aiter__(self):
        """Awaits each answer, until there are no more."""
        return self

    async def __anext__(self):
        try:
            answer = await self.next_async()
        except BaseException:
            self.cancel()  # what it raises keeps this alive
            raise
        if answer is None:
            raise StopAsyncIteration
        return answer

    @blocks
    def __iter__(self):
        """Waits for each answer, until there are no more, where no loop runs."""
        refuse_asyncio("for reply in replies", "async for reply in replies")
        while True:
            answer = self._bus._wait_for(self._start, self._finish)
            if answer is None:
                return
            yield answer


Replies = override(Replies)
