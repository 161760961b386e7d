# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages: payloads are carried whole, or refused."""
from gi.repository import GLib

from ._base import Hein, override, refuse_nul
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
        raise TypeError("a payload is text, bytes or what has bytes, not "
                        f"{type(data).__name__}") from None


def _to_bytes(data):
    if isinstance(data, GLib.Bytes):
        return data
    return GLib.Bytes.new(data.encode() if isinstance(data, str) else to_raw(data))


def _check_topic(topic):
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


class Message(Hein.Message):
    def __new__(cls, topic="", payload=b"", content_type=None):
        """The payload: text, bytes, a GLib.Bytes or GLib.Variant, or a list
        of parts."""
        _check_topic(topic)
        _check_content_type(content_type)
        if isinstance(payload, GLib.Variant):
            return Hein.Message.new_variant(topic, payload)
        if isinstance(payload, (list, tuple)):
            return Hein.Message.new_full(
                topic, content_type, [_to_bytes(part) for part in payload],
                None)
        if content_type is not None:
            return Hein.Message.new_typed(topic, content_type,
                                          _to_bytes(payload))
        if isinstance(payload, str):
            return Hein.Message.new_data(topic, payload.encode())
        if isinstance(payload, GLib.Bytes):
            return Hein.Message.new(topic, payload)
        return Hein.Message.new_data(topic, to_raw(payload))

    def __init__(self, *args, **kwargs):
        pass

    topic = property(Hein.Message.get_topic)
    payload = property(Hein.Message.get_payload)
    content_type = property(Hein.Message.get_content_type)
    sender = property(Hein.Message.get_sender)
    time_us = property(Hein.Message.get_time_us)
    dup_text = raises(Hein.Message.dup_text)
    dup_variant = raises(Hein.Message.dup_variant)

    @property
    def text(self):
        """The payload as text, which in Python may have a NUL in it."""
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
        return [self.get_part(i) for i in range(self.get_n_parts())]

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
        return Message(topic or "", b"" if data is None else data)

    @staticmethod
    def new_text(topic, text):
        return Message(topic or "", str(text))


for _name in ("new", "new_full", "new_parts", "new_typed", "new_variant"):
    setattr(Message, _name,
            staticmethod(refuse_nul(getattr(Hein.Message, _name))))
Message = override(Message)


def to_message(message, *payload):
    """A message, or what `Hein.Message ()` takes."""
    if isinstance(message, Hein.Message) and not payload:
        return message
    return Message(message, *payload)
