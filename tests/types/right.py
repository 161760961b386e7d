# SPDX-License-Identifier: LGPL-2.1-or-later
"""What programs do with hein, and which types it has; it is not run."""
import array
from typing import Any, AsyncIterator, assert_type

import gi

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, GObject, Hein


def use_bus(bus: Hein.Bus) -> None:
    assert_type(bus.listen("tcp://127.0.0.1:0").bound_uri, str)
    assert_type(bus.peers["kirk"], Hein.Peer)
    assert_type(bus.peers.lookup("kirk"), Hein.Peer | None)
    assert_type(bus.endpoints, list[Hein.Endpoint])
    assert_type(bus.linger_ms, int)
    bus.linger_ms = 100
    bus.overflow = Hein.Overflow.WAIT
    bus.strategy = Hein.Strategy.new("round-robin")
    assert_type(bus.props.receive_limit, int)
    assert_type(bus.get_n_dropped(Hein.DropReason.OVERFLOW), int)
    assert_type(bus.start(), Hein.Bus)
    bus.move_to_context()
    with Hein.Bus("kirk", heartbeat_ms=1000) as other:
        assert_type(other, Hein.Bus)


def send(bus: Hein.Bus, message: Hein.Message) -> None:
    bus.send(message)
    bus.send("topic")
    bus.send("topic", "text")
    bus.send("topic", b"bytes", "image/png")
    bus.send("topic", array.array("d", [1.0]))
    bus.send("topic", GLib.Variant("s", "text"))
    bus.send("topic", ["a", b"b", memoryview(b"c")])
    bus.send_to("kirk", "topic", "text")
    bus.send_with(Hein.Strategy.new("by-name"), None, message)


def read(message: Hein.Message) -> None:
    assert_type(message.text, str)
    assert_type(message.bytes, bytes)
    assert_type(bytes(message), bytes)
    assert_type(message.peek_data(), bytes)
    assert_type(message.payload, GLib.Bytes)
    assert_type(message.parts, list[GLib.Bytes])
    assert_type(message.get_sender(), Hein.Peer | None)
    assert_type(message.sender.name, str | Any)
    assert_type(message.content_type, str | None)
    assert_type(message.attributes, dict[str, str])
    assert_type(message.expiry_ms, int)
    assert_type(message.get_attribute("id"), str | None)
    assert_type(message.set_attribute("id", "7"), bool)
    assert_type(Hein.Message("t", attributes={"id": "7"}, expiry_ms=5), Hein.Message)
    assert_type(Hein.Message("topic", "text"), Hein.Message)
    assert_type(message.new_reply("text"), Hein.Message)


async def get(bus: Hein.Bus) -> None:
    assert_type(await bus.get_async("topic", timeout_ms=5), Hein.Message)
    assert_type(bus.get("topic"), Hein.Message)


def receive(bus: Hein.Bus) -> None:
    assert_type(bus.receive(1000), Hein.Message)
    assert_type(bus.take(), list[Hein.Message])
    for message in bus:
        assert_type(message, Hein.Message)


async def wait(bus: Hein.Bus, peer: Hein.Peer) -> None:
    await bus.wait_for_peers_async()
    assert_type(await bus.receive_one_async(1000), Hein.Message)
    assert_type(await bus.receive_async(10), list[Hein.Message])
    assert_type(await bus.dial_async("tcp://127.0.0.1:1"), Hein.Endpoint)
    assert_type(await bus.ping_async(1000), dict[str, bool])
    assert_type(await peer.ping_async(1000), bool)
    assert_type(await bus.send_async("topic", "text"), bool)
    assert_type(await bus.request_async("topic", "text", timeout_ms=1), Hein.Message)
    async for message in bus:
        assert_type(message, Hein.Message)
    async for reply in bus.request_many("count", credit=8):
        assert_type(reply, Hein.Message)
    assert_type(await bus.request_many("count").next_async(), Hein.Message | None)
    async with Hein.Bus() as other:
        assert_type(other, Hein.Bus)
    await bus.close_async()


def call_back(bus: Hein.Bus) -> None:
    def on_end(bus: Hein.Bus, result: Gio.AsyncResult) -> None:
        assert_type(bus.receive_finish(result), list[Hein.Message])

    bus.receive_async(10, None, on_end)
    bus.connect("peer-added", lambda bus, peer: None)


def serve(bus: Hein.Bus) -> None:
    @bus.serve("math/*")
    async def answer(request: Hein.Request) -> str:
        assert_type(request.peer.name, str)
        return request.text

    def refuse(request: Hein.Request) -> None:
        request.refuse(1, "no")
        raise Hein.AnswerError(2, "no")

    @bus.serve("count")
    async def count(request: Hein.Request) -> AsyncIterator[str]:
        assert_type(request.credit, int)
        yield "1"

    bus.serve("never", refuse)
    bus.serve("never/more", lambda request: b"")


def fail(bus: Hein.Bus) -> int:
    try:
        bus.receive()
    except Hein.Error as error:
        if error.code == Hein.Error.TIMED_OUT:
            assert_type(error.message, str)
        raise Hein.Error.new(Hein.Error.FAILED, "no") from None
    return Hein.TOPIC_MAX


class Longest(Hein.Strategy):
    def do_select(self, peers: Hein.Peers, key: str | None, message: Hein.Message,
                  selection: Hein.Selection) -> None:
        peer = peers.get_peer(0)
        if peer is not None:
            selection.add(peer)


class Plain(Hein.Protocol):
    def do_consume(self, wire: Hein.Wire, bytes: GLib.Bytes) -> int:
        wire.put(bytes.get_data() or b"")
        return bytes.get_size()

    def do_prepare(self, role: Hein.Role,
                   secrecy: Hein.Secrecy) -> tuple[bool, Hein.Secrecy]:
        return role == Hein.Role.DIAL, secrecy


class Loud(GObject.Object, Hein.Filter):
    def do_send(self, message: Hein.Message) -> Hein.Message | None:
        return Hein.Message(message.topic, message.text.upper())


Hein.plugin_add("longest", Longest)
pair: tuple[str, str | None] = Hein.identity_read("file")
untyped: Any = Hein.hash_text("text")
