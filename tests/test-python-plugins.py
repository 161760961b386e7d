#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plugins in Python, and what they and a bus do together. The plugins are those of
the READMEs, and go through the suites for plugins in C, each in a process of its
own. Prints TAP."""
import asyncio
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import traceback

import gi
import tap

gi.require_version("Hein", "1")
gi.require_version("HeinTest", "1")
from gi.repository import GLib, GObject, Hein, HeinTest
from python_ends import (
    PATIENCE, PLUGINS, TCP, afails, fails, inproc, pair, run_example, wait_for,
)


def test_strategy():
    rotation = run_example("strategies")["Rotation"]()
    hub, client = Hein.Bus("hub"), [Hein.Bus(f"client-{i}") for i in range(3)]
    uri = hub.listen(inproc()).bound_uri
    for bus in client:
        bus.dial(uri)
    wait_for(lambda: len(hub.peers) == 3)
    hub.set_strategy(rotation)
    for i in range(9):
        hub.send("n", str(i))
    for i, bus in enumerate(client):
        assert [bus.receive(5000).text for _ in range(3)] == [str(i), str(i + 3), str(i + 6)]
    assert isinstance(Hein.Strategy.new("rotation"), type(rotation))


def test_filter():
    """T6: a filter in a script; what it raises is said by send."""
    class Reverse(GObject.Object, Hein.Filter):
        __gtype_name__ = "PyReverse"

        def do_send(self, message):
            if message.topic == "secret":
                raise ValueError("not this one")
            return Hein.Message(message.topic, message.text[::-1])

        def do_receive(self, peer, message):
            return Hein.Message(message.topic, message.text.upper())

    hub, client = pair()
    reverse = Reverse()
    client.add_filter(reverse)
    client.send_to("hub", "t", "abc")
    client.turn(0)
    assert hub.receive(5000).text == "cba"
    hub.send("t", "answer")
    hub.turn(0)
    message = client.receive(5000)
    assert message.text == "ANSWER" and message.sender.get_name() == "hub"
    error = fails(Hein.Error.FAILED, client.send, "secret", "x")
    assert "ValueError: not this one" in error.message
    client.remove_filter(reverse)
    client.send_to("hub", "t", "abc")
    client.turn(0)
    assert hub.receive(5000).text == "abc"


def test_latest_and_ping():
    """S2, S3, H5: values by topic, name and origin; pings with a result each."""
    hub, client = pair()
    hub.props.keep_latest = True
    client.send_to("hub", "speed", "1")
    client.send_to("hub", "speed", "2")
    wait_for(lambda: [m.text for m in hub.get_latest("speed")] == ["2"])
    assert [m.sender.name for m in hub.get_latest("speed")] == ["client"]
    assert hub.peers["client"].get_latest("speed").text == "2"
    assert hub.peers["client"].get_latest("course") is None
    answers = []
    hub.ping_async(5000, None, lambda bus, result: answers.append(bus.ping_finish(result)))
    wait_for(lambda: answers)
    assert answers[0].unpack() == {"client": True}
    with client.start():
        assert asyncio.run(hub.ping_async(5000)) == {"client": True}


async def send_and_leave(hub):
    async with hub:
        await hub.wait_for_peers_async(1)
        await afails(Hein.Error.TIMED_OUT, hub.wait_for_peers_async(2, 1))
        hub.send("t", "goodbye")


def test_wait_for_peers():
    """Who sends and leaves waits until somebody is there, by a callback or with
    asyncio, and until all has gone out."""
    hub, client = Hein.Bus("hub"), Hein.Bus("client")
    found = []
    hub.wait_for_peers_async(1, -1, None, lambda bus, result: found.append(
        bus.wait_for_peers_finish(result)))
    client.dial(hub.listen(TCP).bound_uri)
    wait_for(lambda: found)
    assert found == [True]
    with client.start():
        asyncio.run(send_and_leave(hub))
        assert client.receive(5000).text == "goodbye"


def test_slot_raises():
    """What goes wrong in a script is said in the error of its connection."""
    class Broken(Hein.Protocol):
        __gtype_name__ = "PyBroken"

        def do_start(self, wire, dialled):
            wire.put(b"x")

        def do_consume(self, wire, data):
            raise KeyError("no such key")

        def do_encode(self, wire, message):
            return True

    class Deaf(Hein.StreamTransport):
        __gtype_name__ = "PyDeaf"

        def do_listen(self, endpoint):
            raise ValueError("no ears")

    Hein.plugin_add("broken", Broken)
    Hein.plugin_add("deaf", Deaf)
    hub, client = Hein.Bus("hub"), Hein.Bus("client")
    endpoint = client.dial(hub.listen("tcp+broken://127.0.0.1:0").bound_uri)
    wait_for(endpoint.get_error)
    error = endpoint.get_error()
    assert isinstance(error, Hein.Error) and "KeyError: 'no such key'" in error.message
    error = fails(Hein.Error.FAILED, hub.listen, "deaf://x")
    assert "ValueError: no ears" in error.message


def test_messages_lost():
    """U5: what is lost for good is told once, in its place, with its numbers."""
    class Lossy(Hein.Transport):
        __gtype_name__ = "PyLossy"

        def do_begin_open(self, endpoint, task):
            Lossy.opened = self
            task.return_boolean(True)
            return True

    Hein.plugin_add("lossy", Lossy)
    bus, told = Hein.Bus("bus"), []
    bus.connect("message", lambda bus, message: told.append(message.text))
    bus.connect("messages-lost", lambda bus, peer, first, n: told.append((peer.name, first, n)))
    bus.connect("failed", lambda bus, endpoint, error: told.append(error.message))
    endpoint = bus.listen("lossy://x")
    peer = Lossy.opened.add_peer("sender", None, None)
    Lossy.opened.deliver(peer, Hein.Message("t", "a"))
    Lossy.opened.lose(peer, 1 << 40, 2)
    Lossy.opened.deliver(peer, Hein.Message("t", "b"))
    left = []
    bus.connect("peer-removed", lambda bus, peer, error: left.append((peer.name, error)))
    Lossy.opened.warn(GLib.Error.new_literal(Hein.Error.quark(), "noise", Hein.Error.PROTOCOL))
    wait_for(lambda: len(told) == 4)
    assert told == ["a", ("sender", 1 << 40, 2), "b", "lossy://x: noise"], told
    other = Lossy.opened.add_peer("other")
    Lossy.opened.remove_peer(peer)
    Lossy.opened.remove_peer(other, Hein.Error.new(Hein.Error.TIMED_OUT, "silent"))
    wait_for(lambda: len(left) == 2)
    assert left[0] == ("sender", None) and left[1][1].message == "silent", left
    assert bus.get_n_dropped(Hein.DropReason.LOST) == 2
    assert endpoint.get_error() is None


def test_frames_in_two_languages():
    """The protocol of the README in Python speaks to that in JavaScript."""
    gjs = shutil.which("gjs")
    if gjs is None:
        raise tap.Skip("there is no gjs")
    run_example("protocols")
    hub = Hein.Bus("hub")
    uri = hub.listen("tcp+frames://127.0.0.1:0").bound_uri
    peer = subprocess.Popen([gjs, str(PLUGINS.parent / "tests/test-gjs-plugins.js"), "protocol",
                             "--be-a-peer-of", uri.replace("frames", "js-frames")])
    try:
        message = hub.receive(PATIENCE * 1000)
        assert (message.topic, message.text) == ("I am", "alive")
        assert message.sender.name == "mortal"
    finally:
        peer.kill()
        peer.wait()


TESTS = [test for name, test in globals().items() if name.startswith("test_")]

SUITES = {
    "strategy": lambda: HeinTest.add_strategy(
        "python", run_example("strategies")["Rotation"].__gtype__, True),
    "transport": lambda: run_example("transports") and HeinTest.add_transport(
        "python", f"abstract://hein-python-{os.getpid()}-{{n}}", True),
    "encrypted transport": lambda: run_example("transports") and HeinTest.add_transport(
        "python-encrypted", f"abstract://hein-python-{os.getpid()}-{{n}}?{key_file()}", True),
    "protocol": lambda: run_example("protocols") and HeinTest.add_transport(
        "python-protocol", "tcp+frames://127.0.0.1:0", True)
    or HeinTest.add_protocol("frames"),
}


def key_file():
    """An option of addresses; the file goes with the process that runs the suite."""
    file = tempfile.NamedTemporaryFile("w", suffix=".key")
    file.write(f"{secrets.token_hex(32)}\n")
    file.flush()
    key_file.kept = file
    return f"key-file={file.name}"


def run_suite(name):
    """In a process of its own: GLib runs its tests once."""
    HeinTest.init([sys.executable, __file__, name], [])
    SUITES[name]()
    return HeinTest.run()


class Results:
    """Says in TAP what the tests of this process and its suites gave."""

    def __init__(self):
        self.n_tests = self.n_failed = 0

    def say(self, ok, name):
        self.n_tests += 1
        self.n_failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.n_tests} {name}", flush=True)

    def run(self, function):
        try:
            function()
        except tap.Skip as reason:
            self.say(True, f"{function.__name__} # SKIP {reason}")
        except BaseException:
            print(re.sub("^", "# ", traceback.format_exc().rstrip(), flags=re.M))
            self.say(False, function.__name__)
        else:
            self.say(True, function.__name__)

    def run_suite(self, name):
        process = subprocess.run([sys.executable, __file__, "--suite", name],
                                 stdout=subprocess.PIPE, text=True)
        for line in process.stdout.splitlines():
            match = re.match(r"(not )?ok \d+ (.*)", line)
            if match:
                self.say(match[1] is None, match[2])
            elif not re.match(r"TAP|1\.\.", line):
                print(f"# {line}")
        self.say(process.returncode == 0, f"suite of the {name}")


def main():
    if "--suite" in sys.argv:
        return run_suite(sys.argv[-1])
    if "--be-a-peer-of" in sys.argv:
        run_example(f"{sys.argv[1].split()[-1]}s")
        HeinTest.be_peer(sys.argv[-1])
    results = Results()
    wanted = sys.argv[1:]
    for function in TESTS:
        if not wanted or function.__name__ in wanted:
            results.run(function)
    for name in SUITES:
        if name.startswith("encrypted") and os.environ.get("HEIN_TEST_TLS") != "yes":
            continue
        if not wanted or name in wanted:
            results.run_suite(name)
    print(f"1..{results.n_tests}")
    return results.n_failed != 0


sys.exit(main())
