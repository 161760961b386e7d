# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages that were taken ahead of time, and handed to nobody yet: a call of C for
each costs more than the message."""
import collections
import contextlib
import threading

from ._base import Hein
from ._received import Model, make_each

# taken at a time
AHEAD = 1024
# instead of a thread: any may take what the thread of start () has taken
ANY = -1

_take_ahead = Hein.Bus.take_ahead
_take_data_ahead = Hein.Bus.take_data_ahead


class Alone:
    """What one thread takes. Each message is made when it is handed on: a
    thousand that wait are as many for the collector.

    pop () raises StopIteration when only the last one is left, and when Ctrl-C has
    ended it.
    """
    __slots__ = ("reader", "each", "last", "_count")

    def __init__(self):
        self._set(None, iter(()))
        self.reader = None  # the thread that pops without asking C

    def __len__(self):
        return self._count() + (self.last is not None)

    def take(self, bus):
        """Takes what is there."""
        data, sizes, kinds, models = _take_data_ahead(bus, AHEAD)
        # one of each kind is no gain; and others come whole
        if len(sizes) < 2 * len(models) or not sizes:
            messages = _take_ahead(bus, AHEAD)
            if messages:
                self._set(messages.pop(), iter(messages))
        else:
            models = list(map(Model, models))
            size = sizes.pop()
            rest = iter(sizes)
            self._set(next(make_each(data[len(data) - size:], (size,),
                                     (models[kinds[-1]],))),
                      rest, make_each(data, rest, map(models.__getitem__, kinds)))
        if self.last is not None:
            self.reader = threading.get_ident()

    def pop(self):
        return next(self.each)

    def give_up(self):
        """How many nobody was given, and will be."""
        n = len(self)
        self._set(None, iter(()))
        return n

    def _set(self, last, rest, each=None):
        self.last = last
        self.each = each or rest
        self._count = rest.__length_hint__


class Shared(collections.deque):
    """What all threads take: a generator runs in one at a time. pop () raises
    IndexError when there is none."""
    __slots__ = ()
    reader = ANY
    pop = collections.deque.popleft

    def take(self, bus):
        """Takes what is there, in the thread of start ()."""
        alone = Alone()
        alone.take(bus)
        self.extend([alone.pop() for _ in range(len(alone) - 1)])
        if alone.last is not None:
            self.append(alone.last)

    def give_up(self):
        """The same, while other threads take some."""
        n = 0
        with contextlib.suppress(IndexError):
            while True:
                self.pop()
                n += 1
        return n
