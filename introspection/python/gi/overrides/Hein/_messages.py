# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages: payloads are carried whole, or refused."""
from gi.repository import GLib

from ._base import Hein, override
from ._errors import raises


CONTENT_TYPE_MAX = 255  # bytes of UTF-8


def to_raw(data):
    """The bytes of it as they lie in memory. No numbers: bytes(5) would be five
    zeros."""
    if isinstance(data, bytes):
        return data
    try:
        return bytes(data if hasattr(data, "__bytes__") else memoryview(data))
    except TypeError:
        raise TypeError("a payload is text, bytes or a view of bytes, not "
                        f"{type(data).__name__}") from None


def _to_bytes(data):
    if isinstance(data, GLib.Bytes):
        return data
    return GLib.Bytes.new(data.encode() if isinstance(data, str) else to_raw(data))


def check_topic(topic):
    """The constructors only say on the console that it is too long, and end it
    at a NUL."""
    if not isinstance(topic, str):
        return
    if "\0" in topic:
        raise ValueError(f"there is a NUL in the topic {topic!r}")
    if len(topic) > Hein.TOPIC_MAX // 4 and len(topic.encode()) > Hein.TOPIC_MAX:
        raise ValueError(f"a topic has at most {Hein.TOPIC_MAX} bytes of UTF-8")


def _check_content_type(content_type):
    if content_type is not None and "\0" in content_type:
        raise ValueError(f"there is a NUL in the content type {content_type!r}")
    if content_type is not None and \
            len(content_type.encode()) > CONTENT_TYPE_MAX:
        raise ValueError(f"a content type has at most {CONTENT_TYPE_MAX} bytes "
                         "of UTF-8")


def _make(topic="", payload=b"", content_type=None):
    check_topic(topic)
    _check_content_type(content_type)
    if isinstance(payload, GLib.Variant):
        return Hein.Message.new_variant(topic, payload)
    if isinstance(payload, (list, tuple)):
        return Hein.Message.new_full(
            topic, content_type, [_to_bytes(part) for part in payload], None)
    if content_type is not None:
        return Hein.Message.new_typed(topic, content_type, _to_bytes(payload))
    if isinstance(payload, str):
        return Hein.Message.new_data(topic, payload.encode())
    if isinstance(payload, GLib.Bytes):
        return Hein.Message.new(topic, payload)
    return Hein.Message.new_data(topic, to_raw(payload))


class Message(Hein.Message):
    """A topic and a payload. It never changes once it is sent; any thread may use
    it."""

    def __new__(cls, topic="", payload=b"", content_type=None, *,
                attributes=None, expiry_ms=0, priority=Hein.Priority.NORMAL):
        """Makes a message.

        `topic`: at most 255 bytes of UTF-8. `payload`: text, bytes or a view of
        them, a `GLib.Bytes`, a `GLib.Variant`, or a list of parts. `content_type`:
        at most 255 bytes, such as "image/png". `attributes`: a mapping of names to
        text, see `set_attribute ()`. `expiry_ms`: after so many milliseconds it is
        of no use any more; 0: it always is. `priority`: `Hein.Priority.HIGH`
        overtakes what waits for the same peer. Raises: `ValueError`, `TypeError`,
        `FAILED`, `TOO_LARGE`.
        """
        message = _make(topic, payload, content_type)
        for name, value in (attributes or {}).items():
            message.set_attribute(name, value)
        if expiry_ms:
            message.set_expiry_ms(expiry_ms)
        if priority != Hein.Priority.NORMAL:
            message.set_priority(priority)
        return message

    def __init__(self, *args, **kwargs):
        pass

    @staticmethod
    def make(topic="", payload=b"", content_type=None, *, attributes=None,
             expiry_ms=0, priority=Hein.Priority.NORMAL):
        """Makes a message, as `Hein.Message ()` does."""
        return Message(topic, payload, content_type, attributes=attributes,
                       expiry_ms=expiry_ms, priority=priority)

    topic = property(Hein.Message.get_topic, doc="What it is about; \"\": nothing.")
    payload = property(Hein.Message.get_payload,
                       doc="The payload as a `GLib.Bytes`, which is not copied.")
    bytes = property(Hein.Message.peek_data, doc="A copy of the payload.")
    size = property(Hein.Message.get_size, doc="Bytes of payload, of all parts.")
    content_type = property(Hein.Message.get_content_type,
                            doc="What the payload is, or None.")
    sender = property(Hein.Message.get_sender,
                      doc="The peer that it came from; None: it is our own.")
    time_us = property(
        Hein.Message.get_time_us,
        doc="When it came: microseconds of the monotonic clock; 0: it did not.")

    wants_receipt = property(
        Hein.Message.get_wants_receipt,
        doc="Whether who has delivered it waits to be told that it is handled.")
    remaining_ms = property(
        Hein.Message.get_remaining_ms,
        doc="How long who has delivered it still waits, in milliseconds; -1: "
        "without an end, or not at all.")

    expiry_ms = property(
        Hein.Message.get_expiry_ms,
        doc="How much longer it is of use, in milliseconds; -1: without an end.")

    priority = property(
        Hein.Message.get_priority,
        doc="Whether it overtakes others: a `Hein.Priority`.")

    @property
    def attributes(self):
        """What it says of itself beside its payload, as a `dict` of its own."""
        pairs = self.get_attributes() or []
        return dict(zip(pairs[::2], pairs[1::2]))

    @raises
    def set_attribute(self, name, value):
        """Sets one before the message is sent. `name`: 1 to 64 letters, digits,
        "-", "_" and "."; `value`: text, or None to remove it. At most 16 of
        together 2048 bytes. Raises: `ValueError`, `FAILED`, `TOO_LARGE`."""
        if "\0" in name or "\0" in (value or ""):
            raise ValueError(f"there is a NUL in the attribute {name!r}")
        return Hein.Message.set_attribute(self, name, value)

    @raises
    def dup_text(self):
        """Gets the payload as text. Raises: `PROTOCOL` when it is not UTF-8, or
        has a NUL in it."""
        return Hein.Message.dup_text(self)

    @raises
    def dup_variant(self, type=None):
        """Gets the payload as a `GLib.Variant`. `type`: the `GLib.VariantType`
        that it must have; None: any. Raises: `PROTOCOL`."""
        return Hein.Message.dup_variant(self, type)

    @property
    def text(self):
        """The payload as text, which in Python may have a NUL in it. Raises:
        `PROTOCOL` when it is not UTF-8."""
        try:
            return Hein.Message.dup_text(self)
        except GLib.Error:
            data = self.peek_data()
            if b"\0" not in data:
                return self.dup_text()
        try:
            return data.decode()
        except UnicodeDecodeError:
            return self.dup_text()

    @property
    def parts(self):
        """The parts of the payload, a list of `GLib.Bytes`: one unless it was
        made of more or fewer."""
        return [self.get_part(i) for i in range(self.get_n_parts())]

    def _whole(self):
        """What C takes: see Received."""
        return self

    # one call, without a GLib.Bytes: twice as fast
    __bytes__ = Hein.Message.peek_data

    def __len__(self):
        return self.get_size()

    def __bool__(self):
        return True

    def __repr__(self):
        return f"<Hein.Message {self.topic!r}, {len(self)} bytes>"

    # the constructors of C, which cut or only complain on the console

    @staticmethod
    def new_data(topic, data):
        """Makes a message of bytes, or a view of them."""
        return Message(topic or "", b"" if data is None else data)

    def new_reply(self, payload=b""):
        """Makes the answer to a message that was received: it has its topic, and
        goes to its sender alone. `payload`: text, bytes or a view of them, or a
        `GLib.Bytes`. Raises: `ValueError` when it was not received."""
        if self.get_sender() is None:
            raise ValueError("there is nobody to reply to: the message was not received")
        return Hein.Message.new_reply(self, _to_bytes(payload))

    @staticmethod
    def new_text(topic, text):
        """Makes a message of a text."""
        return Message(topic or "", str(text))


Message = override(Message)


def to_message(message, *payload):
    """A message, or what `Hein.Message ()` takes."""
    if isinstance(message, Hein.Message) and not payload:
        return message._whole()
    return _make(message, *payload)
