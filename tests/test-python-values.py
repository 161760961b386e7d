#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python hands over is carried whole, or refused with an exception: texts,
payloads, topics, names, subscriptions. Prints TAP.
"""
import array
import asyncio
import ctypes
import inspect
import subprocess
import sys

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, GObject, Hein

TCP = "tcp://127.0.0.1:0"


def raises(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return error
    raise AssertionError(f"{call} took {args}")


def test_payloads_of_any_format():
    """The bytes as they lie in memory, in the order in which they are seen."""
    data = bytes(range(16))
    matrix = memoryview(bytes(range(12))).cast("B", (3, 4))
    for payload, expected in (
            (memoryview(data)[::2], data[::2]),
            (memoryview(data)[::-1], data[::-1]),
            (array.array("d", [0.5, 300]), array.array("d", [0.5, 300]).tobytes()),
            (array.array("H", [256, 2]), array.array("H", [256, 2]).tobytes()),
            (memoryview(array.array("i", [-1, 1 << 20]))[::-1],
             array.array("i", [1 << 20, -1]).tobytes()),
            (matrix, bytes(range(12))),
            ((ctypes.c_uint16 * 2)(256, 2), array.array("H", [256, 2]).tobytes()),
            (bytearray(data), data), (Hein.Message("t", data), data)):
        for make in Hein.Message, Hein.Message.new_data:
            assert bytes(make("t", payload)) == expected, payload
        message = Hein.Message("t", [b"", payload])
        assert message.parts[1].get_data() == expected, payload
    for payload in (5, True, None, 1.5, {1: 2}, object(), range(3)):
        raises(TypeError, Hein.Message, "t", payload)


def test_text_with_a_nul():
    """As a payload it is carried and read whole; anywhere else it is refused."""
    message = Hein.Message("t", "a\0b")
    assert len(message) == 3 and bytes(message) == b"a\0b" and message.text == "a\0b"
    assert len(Hein.Message.new_text("t", "a\0b")) == 3
    parts = Hein.Message("t", ["a\0b", "c"]).parts
    assert [part.get_data() for part in parts] == [b"a\0b", b"c"]
    error = raises(Hein.Error, lambda: Hein.Message("t", b"\0\xff").text)
    assert error.code == Hein.Error.PROTOCOL
    error = raises(Hein.Error, lambda: Hein.Message("t", b"\xff").text)
    assert error.code == Hein.Error.PROTOCOL


def test_long_content_type():
    assert Hein.Message("t", b"x", "y" * 255).content_type == "y" * 255
    raises(ValueError, Hein.Message, "t", b"x", "y" * 256)


def code_of(call, *args):
    return raises(Hein.Error, call, *args).code


def test_attributes():
    """They are given, read, changed and refused; a copy of them changes nothing."""
    message = Hein.Message("t", b"x", attributes={"id": "7", "x": ""}, expiry_ms=60000)
    assert message.attributes == {"id": "7", "x": ""}
    assert message.get_attribute("id") == "7" and message.get_attribute("y") is None
    assert 0 < message.expiry_ms <= 60000
    message.attributes.clear()
    message.set_attribute("x", None)
    message.set_attribute("grun.", "grün")
    assert message.attributes == {"id": "7", "grun.": "grün"}
    message.set_expiry_ms(0)
    assert message.expiry_ms == -1
    urgent = Hein.Message("t", b"x", priority=Hein.Priority.HIGH)
    assert urgent.priority == Hein.Priority.HIGH and urgent.attributes == {}
    urgent.set_priority(Hein.Priority.NORMAL)
    assert urgent.priority == message.priority == Hein.Priority.NORMAL
    plain = Hein.Message("t", b"x")
    assert plain.attributes == {} and not plain.get_attributes()
    plain.copy_attributes(message)
    assert plain.attributes == message.attributes
    assert code_of(message.set_attribute, "a b", "") == Hein.Error.FAILED
    assert code_of(message.set_attribute, "traceparent", "1") == Hein.Error.FAILED
    assert code_of(message.set_attribute, "a", "x" * 2048) == Hein.Error.TOO_LARGE
    raises(ValueError, message.set_attribute, "a", "x\0y")
    many = {str(i): "" for i in range(17)}
    assert code_of(lambda: Hein.Message("t", attributes=many)) == Hein.Error.TOO_LARGE


def test_attributes_arrive():
    sender, receiver = Hein.Bus("sender"), Hein.Bus("receiver")
    receiver.dial(sender.listen(TCP).bound_uri)
    while not sender.peers:
        sender.turn(10)
        receiver.turn(0)
    sender.send(Hein.Message("t", "hi", attributes={"id": "7"}, expiry_ms=60000,
                             priority=Hein.Priority.HIGH))
    while not (messages := receiver.take(1)):
        sender.turn(0)
        receiver.turn(10)
    assert messages[0].attributes == {"id": "7"}
    assert 0 < messages[0].expiry_ms <= 60000
    assert messages[0].priority == Hein.Priority.HIGH
    assert sender.peers[0].attributes_dropped == 0
    sender.close()
    receiver.close()


def find_functions_with_text():
    """Every function of the namespace that is given a text."""
    for owner in [Hein, *(getattr(Hein, name) for name in dir(Hein))]:
        if owner is not Hein and not (inspect.isclass(owner) and
                                      owner.__module__.endswith("Hein")):
            continue
        for name in dir(owner):
            function = inspect.unwrap(inspect.getattr_static(owner, name, None) or 0)
            function = inspect.unwrap(getattr(function, "__func__", function))
            if type(function).__name__ != "FunctionInfo":
                continue
            if function.get_namespace() != "Hein":
                continue
            tags = [argument.get_type().get_tag_as_string()
                    for argument in function.get_arguments()]
            if "utf8" in tags:
                yield owner, name, tags


def make_argument(tag):
    return "a\0b" if tag == "utf8" else None


def test_nul_in_every_text():
    """No function cuts a text, whatever else it is given."""
    bus, found = Hein.Bus("bus"), []
    for owner, name, tags in find_functions_with_text():
        function = inspect.getattr_static(owner, name)
        args = [make_argument(tag) for tag in tags]
        if inspect.isclass(owner) and not isinstance(function, (staticmethod, classmethod)):
            args.insert(0, bus if owner is Hein.Bus else None)
        if name == "new_text":
            continue  # carried: above
        error = raises(ValueError, getattr(owner, name), *args)
        assert "NUL" in str(error), (name, error)
        found.append(name)
    assert {"hash_text", "lookup", "new_typed", "offer_name", "hold_for"} <= \
        set(found), found
    for call in (lambda: Hein.Bus("a\0b"), lambda: Hein.Bus(name="a\0b"),
                 lambda: Hein.Bus.new("a\0b"), lambda: bus.send("a\0b", b""),
                 lambda: bus.send_data("a\0b", b""),
                 lambda: bus.send_to("a\0b", "t", b""), lambda: Hein.Message("a\0b"),
                 lambda: bus.subscribe("a\0b"), lambda: Hein.Strategy.new("a\0b"),
                 lambda: Hein.plugin_add("a\0b", Hein.Bus),
                 lambda: bus.send_with(None, "a\0b", "t", b""),
                 lambda: bus.listen("a\0b"), lambda: bus.dial("a\0b"),
                 lambda: bus.dial_async("a\0b", None, print),
                 lambda: bus.unsubscribe("a\0b"), lambda: bus.get_latest("a\0b"),
                 lambda: Hein.uri_hide_secrets("a\0b"),
                 lambda: Hein.Message("t", b"", "a\0b")):
        raises(ValueError, call)
    for topic in ("\U0001f600" * 64, "a" * 256):
        raises(ValueError, bus.send, topic, b"x")
        raises(ValueError, bus.send_data, topic, b"x")


def test_constructors_of_c():
    data = GLib.Bytes.new(b"x")
    for message in (Hein.Message.new("t", data), Hein.Message.new_typed("t", None, data),
                    Hein.Message.new_full("t", "a/b", [data], None),
                    Hein.Message.new_parts("t", [data]), Hein.Message.new_data("t", b"x"),
                    Hein.Message.new_text("t", "x")):
        assert (message.topic, message.text) == ("t", "x")


def test_times_and_numbers():
    """What would never end, or be cut, is refused."""
    bus = Hein.Bus("bus")
    for call in (lambda: bus.receive(0.5), lambda: bus.receive(None),
                 lambda: bus.turn("1"), lambda: bus.ping(1.5),
                 lambda: bus.wait_for_peers(1, 0.1),
                 lambda: asyncio.run(bus.receive_one_async(0.5))):
        raises(TypeError, call)
    for call in (lambda: bus.ping(0), lambda: bus.ping_async(0),
                 lambda: bus.wait_for_peers(0), lambda: bus.wait_for_peers_async(0),
                 lambda: Hein.Bus("a\nb"), lambda: Hein.Bus("é" * 128)):
        raises(ValueError, call)


def test_subscriptions():
    """Too long, or too many: told, and not only on the console."""
    bus = Hein.Bus("bus")
    error = raises(Hein.Error, bus.subscribe, "é" * 128)
    assert error.code == Hein.Error.TOO_LARGE
    for i in range(100000):
        bus.subscribe(str(i))
    error = raises(Hein.Error, bus.subscribe, "one more")
    assert error.code == Hein.Error.REFUSED and "100000" in str(error)
    bus.subscribe("7")
    bus.unsubscribe("8")
    bus.subscribe("one more")


def test_texts_of_errors():
    """The text alone, wherever the error comes from; those of GIO as before."""
    bus = Hein.Bus("bus")
    error = raises(Hein.Error, bus.listen, "tcp://localhost")
    assert str(error) == error.message and "missing port" in str(error)
    assert repr(error).startswith("Hein.Error.new(Hein.Error.BAD_ADDRESS, ")
    assert eval(repr(error)).message == error.message
    # as a signal brings it
    raw = GLib.Error.new_literal(Hein.Error.quark(), "text", Hein.Error.CLOSED)
    assert str(raw) == "text" and isinstance(raw, Hein.Error)
    assert raw.matches(Hein.error_quark(), Hein.Error.CLOSED)
    other = GLib.Error.new_literal(Gio.io_error_quark(), "text", 1)
    assert str(other) == "g-io-error-quark: text (1)"


BROKEN = '''
import gi
gi.require_version("Hein", "1")
from gi.repository import GObject, Hein

class Broken(GObject.Object, Hein.Filter):
    def do_send(self, message):
        return message
    def do_receive(self, peer, message):
        raise ValueError("in a filter")

class Choice(Hein.Strategy):
    def do_select(self, peers, key, message, selection):
        raise ValueError("in a strategy")

hub, client = Hein.Bus("hub"), Hein.Bus("client")
client.dial(hub.listen("tcp://127.0.0.1:0").bound_uri)
while not (client.peers and hub.peers):
    client.turn(1)
    hub.turn(1)
broken, choice = Broken(), Choice()
hub.add_filter(broken)
client.send_to("hub", "t", "lost")
client.turn(0)
while not hub.get_n_dropped(Hein.DropReason.INVALID):
    hub.turn(1)
hub.remove_filter(broken)
client.send_with(choice, "", "t", "lost, too")
client.send_to("hub", "t", "and on")
client.turn(0)
assert hub.receive(5000).text == "and on"
'''


def test_exceptions_in_slots():
    """They are told with where, and the bus goes on."""
    process = subprocess.run([sys.executable, "-c", BROKEN], stderr=subprocess.PIPE,
                             text=True, timeout=60)
    assert process.returncode == 0, process.stderr
    for text in "ValueError: in a filter", "ValueError: in a strategy", "in do_receive":
        assert text in process.stderr, process.stderr


REFUSED = """
import gi
gi.require_version("Hein", "1")
from gi.repository import Hein
for args, kwargs in ((5,), {}), ((b"x",), {}), (("x",), {"no-such": 1}):
    try:
        Hein.Bus(*args, **kwargs)
    except TypeError as error:
        print(error)
"""


def test_refused_buses():
    """One that was never made says why, and nothing when it is forgotten."""
    process = subprocess.run([sys.executable, "-c", REFUSED],
                             capture_output=True, text=True, timeout=60)
    assert process.returncode == 0 and process.stderr == "", process.stderr
    first, second, third = process.stdout.splitlines()
    assert first == "a name is text, not int"
    assert second == "a name is text, not bytes"
    assert "no-such" in third
    assert "not int" in str(raises(TypeError, Hein.Message, "t", 5))


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
