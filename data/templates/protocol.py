# Frames of a size, a kind and a body
import struct

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


class @Camel@(Hein.Protocol):
    """size (4 bytes), kind (1), body; kinds: Hello, No, Subscribe, Unsubscribe, Message"""

    __gtype_name__ = "@Camel@"

    def put(self, wire, kind, body):
        wire.put(struct.pack(">Ic", len(body), kind) + body)

    def hello(self, wire):
        self.put(wire, b"H", (wire.get_bus_instance() + wire.get_bus_name()).encode())

    def do_start(self, wire, dialled):
        self.dialled, self.waits = dialled, False
        if dialled:
            self.hello(wire)

    def do_consume(self, wire, data):
        raw, used = data.get_data(), 0
        while len(raw) - used >= 5 and not self.waits:
            size, kind = struct.unpack_from(">Ic", raw, used)
            wire.check_message_size(size, 1024)
            if len(raw) - used < 5 + size:
                wire.expect(5 + size)
                break
            used += 5 + size
            self.take(wire, kind, raw[used - size:used])
        return used

    def take(self, wire, kind, body):
        if kind == b"H":
            self.waits = True  # for the verdict
            wire.set_instance(body[:32].decode())
            wire.set_accepts_messages(False)
            wire.set_match(Hein.Match.TOPIC)
            wire.set_encoding("@NAME@")
            wire.offer_name(body[32:].decode(), None, Hein.NameRule.UNIQUE)
        elif kind == b"N":
            raise Hein.Error.new(Hein.Error.REFUSED, body.decode())
        elif kind == b"S":
            wire.subscribe(body)
            wire.set_accepts_messages(True)
        elif kind == b"U":
            wire.unsubscribe(body)
        elif kind == b"M":
            topic_size, type_size, n_parts = struct.unpack_from(">BBH", body)
            sizes = struct.unpack_from(f">{n_parts}I", body, 4)
            texts = body[4 + 4 * n_parts:]
            parts, at = [], topic_size + type_size
            for size in sizes:
                parts.append(texts[at:at + size])
                at += size
            wire.deliver(Hein.Message(texts[:topic_size].decode(), parts,
                                      texts[topic_size:][:type_size].decode() or None))

    def do_admitted(self, wire, refusal):
        self.waits = False
        if refusal is not None:
            self.put(wire, b"N", refusal.message.encode())
            wire.fail(refusal)
            return
        if not self.dialled:
            self.hello(wire)
        wire.ready()

    def do_subscription(self, wire, prefix, wanted):
        self.put(wire, b"S" if wanted else b"U", prefix.encode())

    def do_encode(self, wire, message):
        topic, kind = message.topic.encode(), (message.content_type or "").encode()
        parts = message.parts
        head = struct.pack(f">BBH{len(parts)}I", len(topic), len(kind), len(parts),
                           *(part.get_size() for part in parts)) + topic + kind
        wire.put(struct.pack(">Ic", len(head) + len(message), b"M") + head)
        for i in range(len(parts)):
            wire.put_part(message, i)
        return True


Hein.plugin_add("@NAME@", @Camel@)
