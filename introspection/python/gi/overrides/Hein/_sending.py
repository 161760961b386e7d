# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sending. Each takes a message, or what `Hein.Message ()` takes."""
from gi.repository import GLib

from ._base import Hein, awaits, refuse_nul
from ._errors import raises, translate
from ._messages import check_topic, to_message, to_raw

# a topic of so many characters is short enough in UTF-8, whatever they are
SHORT = Hein.TOPIC_MAX // 4

_send = Hein.Bus.send
_send_data = Hein.Bus.send_data
_send_to = refuse_nul(raises(Hein.Bus.send_to))
_send_with = refuse_nul(raises(Hein.Bus.send_with))


class Sending:
    def send(self, message, *payload):
        """Gives a message to the peers that the strategy chooses:
        `send (message)`, or `send (topic, payload, content_type)`.

        Raises: `WOULD_BLOCK` when there is no room, `NO_PEER`, `TOO_LARGE`,
        `CLOSED`. Thread: any.
        """
        try:
            # one call of C for what most programs send, and no Hein.Message
            if type(message) is str and len(message) <= SHORT and \
                    len(payload) == 1 and type(payload[0]) is bytes and \
                    "\0" not in message:
                return _send_data(self, message, payload[0])
            return _send(self, to_message(message, *payload))
        except GLib.Error as error:
            raise translate(error) from None

    def send_data(self, topic, data):
        """Gives bytes, or a view of them, to the peers that the strategy chooses.
        Raises: as `send ()`. Thread: any."""
        check_topic(topic)
        try:
            return _send_data(self, topic, b"" if data is None else to_raw(data))
        except GLib.Error as error:
            raise translate(error) from None

    def send_to(self, name, message, *payload):
        """Gives a message to the peer of this name. Raises: as `send ()`.
        Thread: any."""
        return _send_to(self, name, to_message(message, *payload))

    def send_with(self, strategy, key, message, *payload):
        """Gives a message to whom another strategy chooses than that of the bus.

        `strategy`: a `Hein.Strategy`. `key`: what it chooses by, such as a name;
        or None. Raises: as `send ()`. Thread: any.
        """
        return _send_with(self, strategy, key, to_message(message, *payload))

    @awaits
    def send_async(self, message, *payload):
        """Sends as `send ()` does, and awaits room for it, or a peer.

        With a message, a cancellable and a callback may follow, as in C. Raises:
        as `send ()`, but not `WOULD_BLOCK`. Thread: owner.
        """
        cancellable = None
        if isinstance(message, Hein.Message):
            message = message._whole()
            cancellable, callback, *data = (*payload, None, None)[:max(2, len(payload))]
            if callback is not None:
                return self._send_async(message, cancellable, callback, *data)
        else:
            message = to_message(message, *payload)
        return self._ask(Hein.Bus.send_async, Hein.Bus.send_finish, message,
                         cancellable=cancellable)
