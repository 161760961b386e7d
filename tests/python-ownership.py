#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls every function that hands a pointer over, in each direction.

Where annotations and code disagree on who owns it, something is freed twice or
never: run it under valgrind, with PYTHONMALLOC=malloc. Without valgrind it
checks the references of objects. Prints TAP.
"""
import gc
import os
import warnings
import weakref

import gi

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein

ROUNDS = 5
PATIENCE = 50  # seconds: valgrind is slow


def wait_for(condition, *buses):
    end = GLib.get_monotonic_time() + PATIENCE * 1000000
    while not condition():
        assert GLib.get_monotonic_time() < end, "waited in vain"
        for bus in buses:
            bus.turn(1)


def read(message):
    """Every reader of a message."""
    return [message.get_topic(), message.get_payload(), message.get_n_parts(),
            message.get_part(0), message.get_size(), message.get_content_type(),
            message.get_return_path(), message.get_sender(),
            message.get_time_us(), message.dup_text(), message.ref()]


def messages():
    payload = GLib.Bytes.new(b"payload")
    variant = GLib.Variant("(sas)", ("a", ["b", "c"]))
    made = [
        Hein.Message.new("topic", payload),
        Hein.Message.new(None, None),
        Hein.Message.new_data("topic", b"data"),
        Hein.Message.new_text("topic", "text"),
        Hein.Message.new_typed("topic", "text/plain", payload),
        Hein.Message.new_parts("topic", [payload, payload]),
        Hein.Message.new_full("topic", "text/plain", [payload], payload),
    ]
    for message in made:
        read(message)
    message = Hein.Message.new_variant("topic", variant)
    assert message.dup_variant(variant.get_type()).equal(variant)
    assert message.dup_variant(None).equal(variant)
    for wrong in (lambda: Hein.Message("t", b"\xff").dup_text(),
                  lambda: message.dup_variant(GLib.VariantType("u"))):
        try:
            wrong()
        except Hein.Error as error:
            assert error.code == Hein.Error.PROTOCOL
        else:
            raise AssertionError("it did not fail")
    assert payload.get_data() == b"payload"


def read_bus(bus):
    """Every getter of a bus, its endpoints and its peers."""
    for name in ("name", "instance", "strategy", "peers", "endpoints",
                 "overflow", "is-closed", "send-limit"):
        bus.get_property(name)
    bus.get_name(), bus.get_instance(), bus.get_strategy(), bus.get_peers()
    for endpoint in bus.get_endpoints():
        assert endpoint.get_bus() is bus
        endpoint.get_uri(), endpoint.get_bound_uri(), endpoint.get_error()
    for peer in list(bus.get_peers()):
        peer.get_name(), peer.get_raw_identity(), peer.get_instance()
        peer.get_address(), peer.get_endpoint(), peer.get_transport_name()
        peer.get_protocol_name()
        assert bus.get_peers().lookup(peer.get_name()) is peer
        assert bus.get_peers().get_peer(0) is not None
    assert bus.get_peers().lookup("nobody") is None


def exchange(uri):
    hub, client = Hein.Bus.new("hub"), Hein.Bus.new("client")
    hub.props.keep_latest = True
    hub.set_strategy(Hein.Strategy.new("round-robin"))
    hub.subscribe("")
    listener = hub.listen(uri)
    dialled, taken, sent, closed = [], [], [], []
    client.dial_async(listener.get_bound_uri(), None,
                      lambda bus, result: dialled.append(bus.dial_finish(result)))
    wait_for(lambda: dialled and hub.peers and client.peers, hub, client)
    assert dialled[0] in list(client.get_endpoints())
    read_bus(hub)
    read_bus(client)
    strategy = Hein.Strategy.new("by-name")
    for large in ("small", "x" * 100000):
        client.send(Hein.Message.new_text("topic", large))
        client.send_to("hub", "topic", large)
        client.send_with(strategy, "hub", Hein.Message.new_text("topic", large))
        client.send_async(Hein.Message.new_text("topic", large), None,
                          lambda bus, result: sent.append(bus.send_finish(result)))
        hub.receive_async(1, None, lambda bus, result: taken.extend(bus.receive_finish(result)))
        wait_for(lambda: len(taken) % 4 == 1, hub, client)
        taken.append(hub.receive(1000 * PATIENCE))
        wait_for(lambda: taken.extend(hub.take(10)) or len(taken) % 4 == 0, hub, client)
    assert sent == [True, True]
    for message in taken + hub.get_latest("topic"):
        read(message)
    assert hub.get_latest("nothing") == []
    hub.send(Hein.Message.new_reply(taken[0], GLib.Bytes.new(b"reply")))
    wait_for(lambda: taken.extend(client.take(10)) or len(taken) == 9, hub, client)
    cancellable, failures = Gio.Cancellable(), []

    def on_cancelled(bus, result):
        try:
            bus.receive_finish(result)
        except GLib.Error as error:
            failures.append(error)

    hub.receive_async(1, cancellable, on_cancelled)
    cancellable.cancel()
    wait_for(lambda: failures, hub)
    signals(hub, client)
    client.close_async(None, lambda bus, result: closed.append(bus.close_finish(result)))
    wait_for(lambda: closed and not hub.peers, hub, client)
    hub.close()
    for call in (lambda: hub.receive(0), lambda: hub.listen("tcp://x"),
                 lambda: hub.send("topic")):
        try:
            call()
        except Hein.Error:
            pass
        else:
            raise AssertionError("it did not fail")
    hub.turn(0)
    return [weakref.ref(x) for x in (hub, client, listener, dialled[0], strategy,
                                     taken[0].get_sender())]


def signals(hub, client):
    kept, batches, ended = [], [], []
    ids = [hub.connect("message::topic", lambda bus, message: kept.append(message)),
           hub.connect("messages", lambda bus, batch: batches.extend(batch))]
    hub.connect("peer-removed", lambda bus, peer, error: ended.append((peer, error)))
    for i in range(10):
        client.send_to("hub", "topic", str(i))
    wait_for(lambda: len(batches) == 10, hub, client)
    for handler in ids:
        hub.disconnect(handler)
    for message in kept + batches:
        read(message)


class Slots(Hein.Strategy):
    """What slots are given, kept and not kept."""

    __gtype_name__ = "OwnershipSlots"
    kept = None

    def do_select(self, peers, key, message, selection):
        self.kept = (peers, key, message)
        read(message)
        selection.add(peers.get_peer(0))


class Wire(Hein.Protocol):
    __gtype_name__ = "OwnershipWire"

    def do_start(self, wire, dialled):
        wire.put(b"hello")
        wire.set_note("note")
        wire.get_note(), wire.get_bus_name(), wire.get_bus_instance()

    def do_consume(self, wire, data):
        if data.get_data().startswith(b"hello"):
            wire.offer_name("friend", GLib.Bytes.new(b"raw"), Hein.NameRule.SHARED)
            return 5
        if b"fail" in data.get_data():
            raise Hein.Error.new(Hein.Error.PROTOCOL, "as it was told")
        wire.deliver(Hein.Message.new("a", data))
        wire.deliver_data(b"b", data.get_data())
        return data.get_size()

    def do_admitted(self, wire, refusal):
        wire.set_encoding("ownership")
        wire.subscribe(b"prefix")
        wire.unsubscribe(b"prefix")
        wire.ready()

    def do_encode(self, wire, message):
        wire.put_part(message, 0)
        wire.put_bytes(GLib.Bytes.new(b""))
        return True


def slots():
    hub, client = Hein.Bus.new("hub"), Hein.Bus.new("client")
    client.props.reconnect_min_ms = client.props.reconnect_max_ms = 1000
    strategy = Slots()
    client.set_strategy(strategy)
    endpoint = client.dial(hub.listen("tcp+ownership-wire://127.0.0.1:0").get_bound_uri())
    wait_for(lambda: hub.peers and client.peers, hub, client)
    client.send_with(strategy, "key", Hein.Message.new_text("t", "text"))
    got = []
    wait_for(lambda: got.extend(hub.take(9)) or len(got) == 2, hub, client)
    for message in got:
        read(message)
    assert strategy.kept[1] == "key"
    read(strategy.kept[2])
    gone = []
    hub.connect("peer-removed", lambda bus, peer, error: gone.append(error))
    client.send("t", "fail")
    wait_for(lambda: gone, hub, client)
    assert gone[0].code == Hein.Error.PROTOCOL and gone[0].message == "as it was told"
    for bus in (client, hub):
        bus.props.linger_ms = 0
        bus.close()
        bus.turn(0)
    return [weakref.ref(x) for x in (hub, client, strategy, endpoint)]


def plugins():
    for info in Hein.PluginInfo.list():
        info.get_name(), info.get_description(), info.get_file()
        info.get_schemes(), info.list_options(), info.get_object_type()
    Hein.PluginInfo.dup_folders()
    Hein.PluginInfo.dup_problems()


def check_all():

    warnings.simplefilter("error")
    Hein.plugin_add("ownership-wire", Wire)
    for _ in range(ROUNDS):
        messages()
        plugins()
    yield "messages and plugins"
    for uri in ("tcp://127.0.0.1:0", "inproc://ownership"):
        refs = sum((exchange(uri) for _ in range(ROUNDS)), [])
        gc.collect()
        assert not any(ref() for ref in refs), [ref() for ref in refs if ref()]
        yield f"buses over {uri}"
    refs = sum((slots() for _ in range(ROUNDS)), [])
    gc.collect()
    assert not any(ref() for ref in refs), [ref() for ref in refs if ref()]
    yield "slots"


n = 0
for name in check_all():
    n += 1
    print(f"ok {n} {name}", flush=True)
print(f"1..{n}", flush=True)
gc.collect()
# what the interpreter forgets in its own end is none of ours
os._exit(0 if n == 4 else 1)
