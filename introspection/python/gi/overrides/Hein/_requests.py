# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests that are served."""
from ._base import Hein, awaits, override
from ._errors import Error, raises
from ._messages import to_message

_wait_for_credit_async = Hein.Request.wait_for_credit_async
_reply_part = raises(Hein.Request.reply_part)


class Request(Hein.Request):
    """What somebody has asked this bus, and waits for. Any thread may answer."""

    _bus = staticmethod(lambda: None)  # a weak reference

    topic = property(Hein.Request.get_topic, doc="What it is about.")
    message = property(Hein.Request.get_message, doc="What was asked.")
    peer = property(Hein.Request.get_peer, doc="Who asked; it may be gone.")
    remaining_ms = property(
        Hein.Request.get_remaining_ms,
        doc="How long who asked still waits, in milliseconds; -1: without an end.")
    is_over = property(
        Hein.Request.get_is_over,
        doc="Whether no answer is wanted: there was one, or nobody waits any more.")

    takes_parts = property(
        Hein.Request.get_takes_parts,
        doc="Whether many answers are wanted; a single one is all right, too.")
    credit = property(
        Hein.Request.get_credit,
        doc="How many of many answers may be given now.")

    @property
    def text(self):
        """What was asked, as text. Raises: `PROTOCOL` when it is not UTF-8."""
        return self.message.text

    @property
    def bytes(self):
        """A copy of the payload."""
        return self.message.bytes

    def dup_variant(self, type=None):
        """Gets what was asked as a `GLib.Variant`. Raises: `PROTOCOL`."""
        return self.message.dup_variant(type)

    @raises
    def reply(self, payload=b"", content_type=None):
        """Answers: with a message, or a payload as `Hein.Message ()` takes it.

        Raises: `CLOSED` when it is over, `TOO_LARGE`. Thread: any.
        """
        Hein.Request.reply_message(self, self._to_message(payload, content_type))

    def _to_message(self, payload, content_type):
        if isinstance(payload, Hein.Message):
            return payload._whole()
        return to_message(self.topic, payload, content_type)

    def reply_part(self, payload=b"", content_type=None):
        """Gives one of many answers, as `reply ()` gives one.

        Raises: `WOULD_BLOCK` without credit, `FAILED` when a single answer is
        wanted, `CLOSED`, `TOO_LARGE`. Thread: any.
        """
        _reply_part(self, self._to_message(payload, content_type))

    @awaits
    async def reply_part_async(self, payload=b"", content_type=None):
        """Awaits that there is credit, and gives one of many answers. Raises: as
        `reply_part ()`. Thread: owner."""
        message = self._to_message(payload, content_type)
        while True:
            try:
                return _reply_part(self, message)
            except Error as error:
                if error.code != Error.WOULD_BLOCK:
                    raise
            await self.wait_for_credit_async()

    @awaits
    def wait_for_credit_async(self, cancellable=None, callback=None, *data):
        """Awaits that another answer may be given. Raises: as `reply_part ()`.

        With a callback it is that of C. Thread: owner.
        """
        if callback is not None:
            return _wait_for_credit_async(self, cancellable, callback, *data)
        bus = self._bus()
        if bus is None:
            raise Error.new(Error.CLOSED, "the bus that was asked is gone")
        return bus._ask(
            lambda bus, *args: _wait_for_credit_async(self, *args),
            lambda bus, result: self.wait_for_credit_finish(result),
            cancellable=cancellable)

    @raises
    def end(self):
        """Ends the answers, of which there may have been none.

        Raises: `FAILED` when a single answer is wanted, `CLOSED` when it is over.
        Thread: any.
        """
        Hein.Request.end(self)

    @raises
    def refuse(self, code, text):
        """Answers with an error, which who asked gets as `Hein.AnswerError`.

        `code`: a number of 32 bits, whose meaning is the application's. Raises:
        `CLOSED` when it is over. Thread: any.
        """
        if "\0" in text:
            raise ValueError(f"there is a NUL in {text!r}")
        Hein.Request.refuse(self, code, text)

    def __repr__(self):
        return f"<Hein.Request {self.topic!r}, of {self.peer.name!r}>"


Request = override(Request)
