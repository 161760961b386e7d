# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages that were taken ahead of time by their data: most programs read the
payload and drop the message, and an object of gi costs more than that."""
from ._messages import Message


class Model:
    """What many messages have in common."""
    __slots__ = ("message", "_topic")

    def __init__(self, message):
        self.message = message
        self._topic = None

    @property
    def topic(self):
        if self._topic is None:
            self._topic = self.message.get_topic()
        return self._topic


class Received:
    """A `Hein.Message` whose object of gi is made when it is needed."""
    # set where it is made: a call of __init__ would take as long as the rest
    __slots__ = ("bytes", "_model", "_made", "__weakref__", "__dict__")

    def _whole(self):
        try:
            return self._made
        except AttributeError:
            self._made = self._model.message.new_like(self.bytes)
        return self._made

    def __getattr__(self, name):
        # gi must not take it for an object of its own
        if name.startswith("_"):
            raise AttributeError(f"a message has no attribute {name!r}")
        return getattr(self._whole(), name)

    def __bytes__(self):
        return self.bytes

    def __len__(self):
        return len(self.bytes)

    def __bool__(self):
        return True

    def peek_data(self):
        return self.bytes

    def get_size(self):
        return len(self.bytes)

    def get_topic(self):
        return self._model.topic

    topic = property(get_topic)
    size = property(__len__)
    __repr__ = Message.__repr__
    __class__ = property(lambda self: Message)


def make_each(data, sizes, models):
    """Without calls of Python: this is most of what a message costs."""
    start = 0
    for size, model in zip(sizes, models):
        end = start + size
        message = Received()
        message.bytes = data[start:end]
        message._model = model
        start = end
        yield message
