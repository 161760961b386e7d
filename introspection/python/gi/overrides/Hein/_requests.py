# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests that are served."""
from ._base import Hein, override
from ._errors import raises
from ._messages import to_message

class Request(Hein.Request):
    """What somebody has asked this bus, and waits for. Any thread may answer."""

    topic = property(Hein.Request.get_topic, doc="What it is about.")
    message = property(Hein.Request.get_message, doc="What was asked.")
    peer = property(Hein.Request.get_peer, doc="Who asked; it may be gone.")
    remaining_ms = property(
        Hein.Request.get_remaining_ms,
        doc="How long who asked still waits, in milliseconds; -1: without an end.")
    is_over = property(
        Hein.Request.get_is_over,
        doc="Whether no answer is wanted: there was one, or nobody waits any more.")

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
        if not isinstance(payload, Hein.Message):
            payload = to_message(self.topic, payload, content_type)
        Hein.Request.reply_message(self, payload)

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
