#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python binding: everything a program does, and plugins in Python.

Prints TAP. The plugins are those of the READMEs, and go through the suites for
plugins in C, each in a process of its own.
"""
import asyncio
import gc
import itertools
import json
import os
import queue
import random
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import weakref
from pathlib import Path

import gi

gi.require_version("Hein", "1")
gi.require_version("HeinTest", "1")
from gi.repository import Gio, GLib, GObject, Hein, HeinTest

PLUGINS = Path(__file__).resolve().parent.parent / "plugins"
PATIENCE = 20  # seconds: a loaded machine is slow
TCP = "tcp://127.0.0.1:0"

tests = []
serial = iter(range(1000))


class Skip(Exception):
    """Why a test cannot be run here."""


def test(function):
    tests.append(function)
    return function


def run_example(kind, language="python"):
    """Runs the program in the README of a kind of plugin; returns its names."""
    text = (PLUGINS / kind / "README.md").read_text()
    names = {}
    exec(re.search(rf"```{language}\n(.*?)```", text, re.S)[1], names)
    return names


def inproc():
    return f"inproc://python-{next(serial)}"


def wait_for(condition):
    """Turns the default main context until it holds."""
    late = []
    source = GLib.timeout_add_seconds(PATIENCE, lambda: late.append(True))
    while not condition():
        GLib.MainContext.default().iteration(True)
        assert not late, "waited in vain"
    GLib.source_remove(source)


def pair(uri=TCP, **properties):
    """A hub that listens and a client that dialled it, both up."""
    hub = Hein.Bus("hub", **properties)
    client = Hein.Bus("client", **properties)
    endpoint = hub.listen(uri)
    client.dial(endpoint.bound_uri)
    wait_for(lambda: "client" in hub.peers and "hub" in client.peers)
    return hub, client


def fails(code, function, *args):
    try:
        function(*args)
    except Hein.Error as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"{function} did not fail")


async def afails(code, awaitable):
    try:
        await awaitable
    except Hein.Error as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"{awaitable} did not fail")


# ---- messages ----


@test
def test_message():
    message = Hein.Message("greeting", "héllo")
    assert message.topic == "greeting" and message.text == "héllo"
    assert bytes(message) == "héllo".encode() and len(message) == 6
    assert repr(message) == "<Hein.Message 'greeting', 6 bytes>"
    assert message.sender is None and message.time_us == 0
    assert bytes(Hein.Message("t", b"\0\xff")) == b"\0\xff"
    assert bytes(Hein.Message("t", GLib.Bytes.new(b"abc"))) == b"abc"
    assert bytes(Hein.Message("t", bytearray(b"abc"))) == b"abc"


@test
def test_message_empty():
    message = Hein.Message()
    assert message and len(message) == 0 and bytes(message) == b""
    assert message.topic == "" and message.text == ""


@test
def test_message_variant():
    message = Hein.Message("t", GLib.Variant("(si)", ("a", 7)))
    assert message.dup_variant(None).unpack() == ("a", 7)
    fails(Hein.Error.PROTOCOL, message.dup_variant, GLib.VariantType("u"))


@test
def test_message_parts():
    message = Hein.Message("t", [b"a", "", GLib.Bytes.new(b"ccc")], "text/plain")
    assert [part.get_data() or b"" for part in message.parts] == [b"a", b"", b"ccc"]
    assert message.content_type == "text/plain" and len(message) == 4
    assert Hein.Message("t", b"x", "image/png").content_type == "image/png"
    assert bytes(Hein.Message("t", bytearray(b"x"))) == b"x"
    for payload in (5, [5], True, None, 1.5, {1: 2}):
        for content_type in (None, "image/png"):
            try:
                Hein.Message("t", payload, content_type)
            except TypeError:
                continue
            raise AssertionError(f"{payload} is no payload")


@test
def test_message_long_topic():
    assert Hein.Message("é" * 127 + "e", "x").topic == "é" * 127 + "e"
    for call in Hein.Message, Hein.Bus("bus").send:
        for payload in ("x", b"x", [b"x"], GLib.Variant("s", "x")):
            try:
                call("é" * 128, payload)
            except ValueError as error:
                assert "at most 255 bytes" in str(error), error
                continue
            raise AssertionError("256 bytes are a topic")


# ---- errors ----


@test
def test_errors():
    bus = Hein.Bus("bus")
    error = fails(Hein.Error.BAD_ADDRESS, bus.listen, "tcp://localhost")
    assert isinstance(error, GLib.Error)
    assert error.matches(Hein.error_quark(), Hein.Error.BAD_ADDRESS)
    assert "missing port" in error.message
    error = fails(Hein.Error.PROTOCOL, lambda: Hein.Message("t", b"\xff").text)
    assert not error.matches(Hein.error_quark(), Hein.Error.NO_PEER)
    fails(Hein.Error.NO_PEER, bus.send_to, "nobody", "topic", "text")
    fails(Hein.Error.NO_PLUGIN, Hein.Strategy.new, "no-such-strategy")
    fails(Hein.Error.BAD_PLUGIN, Hein.plugin_add, "object", Gio.Cancellable)
    other = GLib.Error.new_literal(Gio.io_error_quark(), "text", 1)
    assert not isinstance(other, Hein.Error)


@test
def test_error_of_another_domain():
    hub, client = pair()
    try:
        client.listen(hub.endpoints[0].bound_uri)
    except Hein.Error:
        raise AssertionError("this is no error of hein")
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.ADDRESS_IN_USE)


# ---- a bus without asyncio ----


@test
def test_blocking():
    with Hein.Bus("hub") as hub, Hein.Bus("client") as client:
        client.dial(hub.listen(inproc()).bound_uri)
        while not client.peers:
            client.turn(10)
            hub.turn(10)
        client.send("topic", "one")
        client.send("topic", b"two")
        client.send(Hein.Message("topic", "three"))
        got = [hub.receive(5000).text for _ in range(3)]
        assert got == ["one", "two", "three"]
        fails(Hein.Error.TIMED_OUT, hub.receive, 1)
        assert hub.take() == []
    assert hub.is_closed and client.is_closed
    fails(Hein.Error.CLOSED, client.send, "topic", "late")
    fails(Hein.Error.CLOSED, hub.receive, 0)


@test
def test_blocking_calls():
    """Without any loop: waiting for peers, pings, iteration, and their limits."""
    hub, client = Hein.Bus("hub"), Hein.Bus("client").start()
    fails(Hein.Error.TIMED_OUT, hub.wait_for_peers, 1, 1)
    client.dial(hub.listen(TCP).bound_uri)
    hub.wait_for_peers()
    client.wait_for_peers(1, 5000)
    assert hub.ping(5000) == {"client": True}
    client.send("t", "one")
    client.send("t", "end")
    for message in hub:
        if message.text == "end":
            break
    client.close()
    hub.close()
    assert list(hub) == []
    fails(Hein.Error.CLOSED, hub.wait_for_peers)


@test
def test_plain_properties():
    """Those of GObject; one that others may set is set where the bus lives."""
    hub, client = pair(linger_ms=70)
    assert hub.linger_ms == 70 and hub.props.linger_ms == 70
    client.start().linger_ms = 50
    assert client.linger_ms == 50
    peer, endpoint = hub.peers.lookup("client"), hub.endpoints[0]
    assert peer.is_up and peer.origin == Hein.Origin.ACCEPTED
    assert hub.peers.lookup("nobody") is None
    assert endpoint.role == Hein.Role.LISTEN and endpoint.n_connections == 1
    assert endpoint.error is None and not hub.is_closed
    hub.strategy = Hein.Strategy.new("random")
    assert hub.get_strategy() is hub.strategy
    try:
        hub.is_closed = True
    except AttributeError:
        pass
    else:
        raise AssertionError("it cannot be set")
    message = Hein.Message.make("t", b"\0\1", "x/y")
    assert (message.bytes, message.size, message.content_type) == (b"\0\1", 2, "x/y")
    client.stop()


@test
def test_with_flushes():
    hub, client = pair()
    with client:
        for i in range(1000):
            client.send_to("hub", "n", str(i))
    assert [hub.receive(5000).text for _ in range(1000)] == [str(i) for i in range(1000)]


@test
def test_signals():
    hub, client = pair()
    got, some, added, removed = [], [], [], []
    hub.connect("message", lambda bus, message: got.append(message))
    hub.connect("message::some", lambda bus, message: some.append(message))
    hub.connect("peer-added", lambda bus, peer: added.append(peer.name))
    hub.connect("peer-removed", lambda bus, peer, error: removed.append(peer))
    for topic in ("some", "other", "some"):
        client.send_to("hub", topic, topic)
    wait_for(lambda: len(got) == 3)
    # kept beyond the handler
    assert [message.text for message in got] == ["some", "other", "some"]
    assert len(some) == 2
    assert got[0].sender.name == "client"
    client.close()
    wait_for(lambda: removed)
    assert removed[0].name == "client" and repr(removed[0]).endswith("gone>")
    assert got[0].sender is removed[0]
    Hein.Bus("late").dial(hub.endpoints[0].bound_uri)


@test
def test_topic_that_is_a_quark():
    """A topic that GLib knows as a string goes to who wants all, too."""
    hub, client = pair()
    got = []
    hub.connect("message", lambda bus, message: got.append(message.topic))
    for topic in ("name", "unheard of", "text"):
        client.send_to("hub", topic)
    wait_for(lambda: len(got) == 3)
    assert got == ["name", "unheard of", "text"]


@test
def test_signal_of_messages():
    hub, client = pair()
    got = []
    hub.connect("messages", lambda bus, messages: got.extend(messages))
    for i in range(500):
        client.send_to("hub", "n", str(i))
    wait_for(lambda: len(got) == 500)
    assert [message.text for message in got] == [str(i) for i in range(500)]


@test
def test_callbacks():
    hub, client = pair()
    done = []
    hub.receive_async(10, None, lambda bus, result: done.append(bus.receive_finish(result)))
    client.send_async(Hein.Message("t", "x"), None,
                      lambda bus, result: done.append(bus.send_finish(result)))
    wait_for(lambda: len(done) == 2)
    assert True in done and [[m.text for m in d] for d in done if d is not True] == [["x"]]


@test
def test_reprs():
    """H16: what each is called, and whether it is there."""
    hub, client = pair()
    assert repr(hub) == "<Hein.Bus 'hub', 1 peers, open>"
    assert repr(hub.peers["client"]) == "<Hein.Peer 'client', tcp, up>"
    assert re.fullmatch(r"<Hein.Endpoint listen tcp://127.0.0.1:\d+, open>",
                        repr(hub.endpoints[0]))
    assert "nobody" not in hub.peers and hub.peers[0] in hub.peers
    peer, endpoint = hub.peers[0], hub.endpoints[0]
    with hub, client:
        pass
    assert repr(hub) == "<Hein.Bus 'hub', 0 peers, closed>"
    assert repr(peer) == "<Hein.Peer 'client', tcp, gone>"
    assert repr(endpoint).endswith(", closed>")
    assert Hein.uri_hide_secrets("x:?key=pwd&a=b") == "x:?key=…&a=b"
    endpoint = Hein.Bus("group").listen(
        "udp-multicast://239.255.77.2:7001?format=multisock&key=pwd&iv=phrase"
        "&interface=lo&ttl=0")
    assert "key=…&iv=…&interface" in repr(endpoint), repr(endpoint)


@test
def test_group():
    """M3, M4, M11: what a channel of multisock does: pairs of data and sender,
    reading that waits or not, and what it is called."""
    plugins = Hein.PluginInfo.list()
    if "udp-multicast" not in [plugins.get_item(i).get_name()
                               for i in range(plugins.get_n_items())]:
        raise Skip("built without udp-multicast")
    group = f"239.{random.randint(1, 254)}.{random.randint(1, 254)}.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        uri = (f"udp-multicast://{group}:{probe.getsockname()[1]}"
               "?interface=lo&ttl=0&format=multisock")
    with Hein.Bus("writer") as writer, Hein.Bus("reader") as reader:
        try:
            endpoint = reader.listen(uri)
        except GLib.Error as error:
            if isinstance(error, Hein.Error):
                raise
            raise Skip("there is no multicast on lo") from error
        fails(Hein.Error.TIMED_OUT, reader.receive, 0)
        assert repr(endpoint) == f"<Hein.Endpoint listen {uri}, open>"
        assert reader.take() == []
        writer.dial(uri)
        writer.send("", b"hello!")
        writer.turn(0)
        message = reader.receive(PATIENCE * 1000)
        assert bytes(message) == b"hello!"
        assert message.sender.name.endswith(uri[uri.rindex(":"):uri.index("?")])
        assert repr(message.sender) == (f"<Hein.Peer '{message.sender.name}',"
                                        " udp-multicast, up>")


@test
def test_reply_and_properties():
    hub, client = pair(linger_ms=50)
    assert hub.props.linger_ms == 50
    client.send_to("hub", "ask", "?")
    client.turn(0)
    request = hub.receive(5000)
    hub.send(Hein.Message.new_reply(request, GLib.Bytes.new(b"!")))
    hub.send(request.new_reply("!!"))
    hub.turn(0)
    assert [client.receive(5000).text for _ in range(2)] == ["!", "!!"]
    try:
        Hein.Message("t").new_reply("x")
    except ValueError:
        pass
    else:
        raise AssertionError("nobody is there to reply to")


@test
def test_requests_in_a_main_loop():
    """A coroutine needs asyncio; a function does not. What blocks turns the bus
    alone, so the one that answers is of another thread."""
    hub, client = pair()
    hub.serve("sum", lambda request: str(sum(map(int, request.text.split()))))

    hub.serve("count", lambda request: (str(i) for i in range(int(request.text))))

    @hub.serve("coroutine")
    async def coroutine(request):
        return "never"

    got = []
    for topic in "sum", "coroutine":
        client.request_async(
            Hein.Message(topic, "1 2"), -1, None,
            lambda bus, result: got.append((bus, result)))
    wait_for(lambda: len(got) == 2)
    assert client.request_finish(got[0][1]).text == "3"
    try:
        client.request_finish(got[1][1])
    except Hein.AnswerError as error:
        assert "asyncio" in error.message
    else:
        raise AssertionError("a coroutine has no loop here")
    uri = hub.endpoints[0].bound_uri
    hub.start()
    with Hein.Bus("blocking") as bus:
        bus.dial(uri)
        bus.wait_for_peers(1, PATIENCE * 1000)
        assert bus.request("sum", "3 4", timeout_ms=PATIENCE * 1000).text == "7"
        assert [reply.text for reply in bus.request_many("count", "40")] == \
            [str(i) for i in range(40)]
        assert fails(Hein.Error.NOT_SERVED, bus.request, "x")
    hub.stop()


# ---- asyncio, without any GLib main loop ----


def asyncio_test(function):
    """Runs it under asyncio alone, with a hub and a client."""
    def run():
        async def main():
            async with Hein.Bus("hub") as hub, Hein.Bus("client") as client:
                uri = hub.listen(TCP).bound_uri
                await client.dial_async(uri)
                while not hub.peers:
                    await asyncio.sleep(0)
                await function(hub, client)
        asyncio.run(asyncio.wait_for(main(), PATIENCE * 4))
    run.__name__ = function.__name__
    tests.append(run)


@asyncio_test
async def test_asyncio_receive(hub, client):
    task = asyncio.create_task(hub.receive_one_async())
    await asyncio.sleep(0)
    client.send_to("hub", "topic", "text")
    assert (await task).text == "text"
    assert await client.send_async("topic", "more")
    assert await client.send_async(Hein.Message("topic", "most"))
    got = []
    while len(got) < 2:
        got += [message.text for message in await hub.receive_async(10)]
    assert got == ["more", "most"]


@asyncio_test
async def test_asyncio_does_not_block(hub, client):
    """What blocks says what to await instead."""
    for call, text in ((hub.receive, "await receive_one_async"),
                       (lambda: next(iter(hub)), "await receive_one_async"),
                       (hub.wait_for_peers, "await wait_for_peers_async"),
                       (lambda: hub.request("t"), "await request_async"),
                       (lambda: hub.ping(1), "await ping_async")):
        assert text in fails(Hein.Error.FAILED, call).message


@asyncio_test
async def test_asyncio_pings(hub, client):
    assert await hub.ping_async(5000) == {"client": True}
    assert await hub.peers["client"].ping_async(5000)


@asyncio_test
async def test_asyncio_requests(hub, client):
    """A function, a coroutine function, what they raise, and what they answer."""
    @hub.serve("sum")
    async def add(request):
        await asyncio.sleep(0)
        return str(sum(map(int, request.text.split())))

    hub.serve("echo/*", lambda request: request.message)
    hub.serve("nothing", lambda request: None)
    hub.serve("itself", lambda request: request.reply("by itself", "text/plain"))

    @hub.serve("bad")
    def bad(request):
        raise Hein.AnswerError(7, f"{request.topic} of {request.peer.name}")

    assert (await client.request_async("sum", "1 2 3", timeout_ms=60000)).text == "6"
    answers = await asyncio.gather(*(
        client.request_to_async("hub", f"echo/{i}", str(i)) for i in range(100)))
    assert [answer.text for answer in answers] == [str(i) for i in range(100)]
    assert len(await client.request_async("nothing")) == 0
    answer = await client.request_async(Hein.Message("itself"))
    assert (answer.text, answer.content_type, answer.sender.name) == \
        ("by itself", "text/plain", "hub")
    try:
        await client.request_async("bad")
    except Hein.AnswerError as error:
        assert (error.code, error.message) == (7, "bad of client")
        assert isinstance(error, Hein.AnswerError) and not isinstance(error, Hein.Error)
    else:
        raise AssertionError("an error is an answer")
    for code, call in ((Hein.Error.NOT_SERVED, lambda: client.request_async("x")),
                       (Hein.Error.NO_PEER,
                        lambda: client.request_to_async("nobody", "x"))):
        try:
            await call()
        except Hein.Error as error:
            assert error.code == code
        else:
            raise AssertionError("nobody answers that")
    fails(Hein.Error.DUPLICATE, hub.serve, "bad", bad)
    hub.unserve("bad")
    hub.serve("bad", bad)


@asyncio_test
async def test_asyncio_requests_that_end(hub, client):
    """Who is cancelled, or has no more time, cancels the task that answers."""
    begun, ended = asyncio.Queue(), asyncio.Queue()

    @hub.serve("slow")
    async def slow(request):
        begun.put_nowait(request.remaining_ms)
        try:
            await asyncio.Event().wait()
        finally:
            ended.put_nowait(request.is_over)

    task = asyncio.create_task(client.request_async("slow"))
    assert await begun.get() == -1
    task.cancel()
    assert await ended.get()
    task = asyncio.create_task(client.request_async("slow", timeout_ms=60000))
    assert 0 < await begun.get() <= 60000
    task.cancel()
    assert await ended.get()
    task = asyncio.create_task(client.request_async("slow"))
    await begun.get()
    hub.close()
    try:
        await task
    except Hein.Error as error:
        assert error.code == Hein.Error.CLOSED
    assert await ended.get()


@asyncio_test
async def test_asyncio_request_many(hub, client):
    """Generators, asynchronous or not; who knows one answer gives one."""
    @hub.serve("count")
    async def count(request):
        for i in range(int(request.text)):
            yield str(i)
            await asyncio.sleep(0)

    @hub.serve("plain")
    def plain(request):
        for i in range(int(request.text)):
            yield str(i)

    @hub.serve("typed")
    async def typed(request):
        yield Hein.Message("other", "a", "text/plain")
        yield None

    @hub.serve("bad")
    async def bad(request):
        yield "one"
        raise Hein.AnswerError(7, "no more")

    hub.serve("one", lambda request: "one")
    for topic, credit, n in itertools.product(("count", "plain"), (1, 2, 0),
                                              (0, 1, 100)):
        got = [reply.text async for reply in client.request_many(
            topic, str(n), credit=credit)]
        assert got == [str(i) for i in range(n)], got
    got = [(reply.topic, reply.text, reply.content_type)
           async for reply in client.request_many_to("hub", "typed")]
    assert got == [("other", "a", "text/plain"), ("typed", "", None)], got
    assert [reply.text async for reply in client.request_many("one")] == ["one"]
    replies = client.request_many("bad", timeout_ms=60000)
    assert (await replies.next_async()).text == "one"
    try:
        await replies.next_async()
    except Hein.AnswerError as error:
        assert (error.code, error.message) == (7, "no more")
    else:
        raise AssertionError("an error is the end")
    try:  # who wants one answer
        await client.request_async("count", "1")
    except Hein.AnswerError as error:
        assert "request_many" in error.message
    else:
        raise AssertionError("there are many answers")
    try:
        async for reply in client.request_many("unserved"):
            raise AssertionError(f"nobody serves that: {reply}")
    except Hein.Error as error:
        assert error.code == Hein.Error.NOT_SERVED


@asyncio_test
async def test_asyncio_generators_are_closed(hub, client):
    """Where it yields, where it waits, and by whatever ends the request."""
    ended = asyncio.Queue()
    never = asyncio.Event()

    @hub.serve("endless")
    async def endless(request):
        try:
            for i in itertools.count():
                yield str(i)
        finally:
            await asyncio.sleep(0)
            ended.put_nowait((i, request.is_over))

    @hub.serve("waits")
    async def waits(request):
        try:
            yield "one"
            await never.wait()
        finally:
            ended.put_nowait("waits")

    @hub.serve("plain")
    def plain(request):
        try:
            for i in itertools.count():
                yield str(i)
        finally:
            ended.put_nowait("plain")

    async for reply in client.request_many("endless", credit=4):
        if reply.text == "9":
            break
    i, is_over = await ended.get()
    assert 9 <= i <= 14 and is_over, i
    replies = client.request_many("waits")
    assert (await replies.next_async()).text == "one"
    task = asyncio.create_task(replies.next_async())
    await asyncio.sleep(0)
    replies.cancel()
    try:
        await task
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
    assert await ended.get() == "waits"
    async for reply in client.request_many("plain", credit=2):
        if reply.text == "5":
            break
    assert await ended.get() == "plain"

    async def take_all():
        async for reply in client.request_many("waits"):
            begun.put_nowait(reply.text)

    begun = asyncio.Queue()
    task = asyncio.create_task(take_all())
    assert await begun.get() == "one"
    task.cancel()
    assert await ended.get() == "waits"

    async def fail():
        async for reply in client.request_many("waits"):
            raise ZeroDivisionError

    task = asyncio.create_task(fail())
    assert await ended.get() == "waits"  # while the task keeps what was raised
    assert isinstance(task.exception(), ZeroDivisionError)
    task = asyncio.create_task(take_all())
    assert await begun.get() == "one"
    hub.close()
    assert await ended.get() == "waits"
    try:
        await task
    except Hein.Error as error:
        assert error.code == Hein.Error.CLOSED


@asyncio_test
async def test_asyncio_answers_by_hand(hub, client):
    """Without a generator; no more than there is credit for."""
    done = asyncio.Event()

    @hub.serve("hand")
    async def by_hand(request):
        assert request.takes_parts and request.credit == 3
        for i in range(3):
            request.reply_part(str(i))
        fails(Hein.Error.WOULD_BLOCK, request.reply_part, "3")
        await request.reply_part_async("3")
        request.end()
        fails(Hein.Error.CLOSED, request.reply_part, "4")
        fails(Hein.Error.CLOSED, request.end)
        done.set()

    replies = client.request_many("hand", credit=3)
    assert [reply.text async for reply in replies] == ["0", "1", "2", "3"]
    assert await replies.next_async() is None
    await done.wait()


@asyncio_test
async def test_asyncio_cancellables(hub, client):
    """A cancellable ends what is awaited, and is not cancelled by a task."""
    def check(error):
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED), error

    for start in (lambda c: hub.receive_one_async(-1, c), lambda c: hub.receive_async(9, c),
                  lambda c: hub.wait_for_peers_async(2, -1, c),
                  lambda c: Hein.Bus("alone").dial_async("tcp://127.0.0.1:9", c)):
        cancellable = Gio.Cancellable()
        task = asyncio.create_task(start(cancellable))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() and not cancellable.is_cancelled()
        for early in False, True:
            task = asyncio.create_task(start(cancellable))
            if early:
                await asyncio.sleep(0)
            cancellable.cancel()
            check((await asyncio.gather(task, return_exceptions=True))[0])
    client.send_to("hub", "t", "x")
    assert (await hub.receive_one_async()).text == "x"


@asyncio_test
async def test_asyncio_iteration(hub, client):
    """A11: all that comes, in order, and what was not given stays."""
    async def send():
        for i in range(5000):
            await client.send_async("n", str(i))

    task = asyncio.create_task(send())
    n = 0
    async for message in hub:
        assert message.text == str(n)
        n += 1
        if n == 2500:
            break
    # what was not given stays for the next
    while n < 5000:
        for message in await hub.receive_async(7):
            assert message.text == str(n)
            n += 1
    await task


@test
def test_asyncio_forms():
    """A11: bytes, text, JSON, with who sent it, and all that comes."""
    async def main():
        uri = "tcp+aiomsg://127.0.0.1:0"
        async with Hein.Bus("hub") as hub, Hein.Bus("client") as client:
            await client.dial_async(hub.listen(uri).bound_uri)
            for payload in (b"\0\xff", "Grüße", json.dumps({"a": [1, None]}), "end"):
                await client.send_async("", payload)
            message = await hub.receive_one_async()
            assert bytes(message) == b"\0\xff" and message.sender.name == "client"
            assert (await hub.receive_one_async()).text == "Grüße"
            assert json.loads((await hub.receive_one_async()).text) == {"a": [1, None]}
            async for message in hub:
                assert message.text == "end"
                break

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


@asyncio_test
async def test_asyncio_end_of_iteration(hub, client):
    client.send_to("hub", "t", "last")
    got = []

    async def collect():
        async for message in hub:
            got.append(message.text)
            hub.close()

    await collect()
    assert got == ["last"]
    await afails(Hein.Error.CLOSED, hub.receive_one_async())


@asyncio_test
async def test_asyncio_timeouts(hub, client):
    await afails(Hein.Error.TIMED_OUT, hub.receive_one_async(1))
    try:
        await asyncio.wait_for(hub.receive_one_async(), 0.001)
    except asyncio.TimeoutError:
        pass
    else:
        raise AssertionError("no timeout")
    client.send_to("hub", "t", "x")
    assert (await hub.receive_one_async(5000)).text == "x"


@asyncio_test
async def test_asyncio_cancel_loses_nothing(hub, client):
    """Receivers are cancelled at every stage; each message arrives once."""
    n_messages, got = 400, []
    for i in range(n_messages):
        client.send_to("hub", "n", str(i))
        tasks = [asyncio.create_task(hub.receive_one_async()) for _ in range(3)]
        for _ in range(i % 7):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(result, asyncio.CancelledError):
                got.append(result.text)
    n_cancelled = n_messages * 3 - len(got)
    while len(got) < n_messages:
        got.append((await hub.receive_one_async(5000)).text)
    assert got == [str(i) for i in range(n_messages)]
    assert n_cancelled >= 2 * n_messages
    await afails(Hein.Error.TIMED_OUT, hub.receive_one_async(1))


@asyncio_test
async def test_asyncio_order_of_receivers(hub, client):
    tasks = [asyncio.create_task(hub.receive_one_async()) for _ in range(10)]
    await asyncio.sleep(0)
    tasks.pop(4).cancel()
    for i in range(9):
        client.send_to("hub", "n", str(i))
    assert [m.text for m in await asyncio.gather(*tasks)] == [str(i) for i in range(9)]


@asyncio_test
async def test_asyncio_cancel_of_dial(hub, client):
    silent = Hein.Bus("silent")
    uri = silent.listen(TCP).bound_uri
    silent.close()
    task = asyncio.create_task(client.dial_async(uri))
    await asyncio.sleep(0)
    assert len(client.endpoints) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    while len(client.endpoints) == 2:
        await asyncio.sleep(0)


@asyncio_test
async def test_asyncio_signals(hub, client):
    got = asyncio.get_running_loop().create_future()
    hub.connect("message", lambda bus, message: got.set_result(message.text))
    client.send_to("hub", "t", "from a signal")
    assert await got == "from a signal"


@asyncio_test
async def test_asyncio_room(hub, client):
    """A send waits while the other side does not read."""
    client.set_strategy(Hein.Strategy.new("round-robin"))
    client.props.send_limit = hub.props.receive_limit = 100000
    data, n = b"." * 50000, 0
    while True:
        try:
            client.send("much", data)
            n += 1
        except Hein.Error as error:
            assert error.code == Hein.Error.WOULD_BLOCK
            break
    task = asyncio.create_task(client.send_async("last", "one"))
    for _ in range(n):
        assert (await hub.receive_one_async(5000)).topic == "much"
    assert (await hub.receive_one_async(5000)).text == "one"
    assert await task


@test
def test_asyncio_twice():
    """The bus moves to the loop in which it is awaited."""
    bus, other = Hein.Bus("bus"), Hein.Bus("other")
    uri = bus.listen(TCP).bound_uri

    async def send(text):
        if not other.endpoints:
            await other.dial_async(uri)
        await other.send_async("t", text)

    async def main(text):
        message, _ = await asyncio.gather(bus.receive_one_async(5000), send(text))
        return message.text

    assert asyncio.run(main("one")) == "one"
    assert asyncio.run(main("two")) == "two"


# ---- a thread ----


@test
def test_start():
    threads = set()
    with Hein.Bus("hub").start() as hub, Hein.Bus("client").start() as client:
        hub.connect("peer-added", lambda *args: threads.add(threading.current_thread().name))
        came = threading.Event()
        client.connect("peer-added", lambda bus, peer: came.set())
        client.dial(hub.listen(inproc()).bound_uri)
        assert came.wait(PATIENCE)
        client.send("t", "first of all, and no strategy yet")
        assert hub.receive(5000).topic == "t"
        fails(Hein.Error.TIMED_OUT, hub.receive, 1)
        fails(Hein.Error.BAD_ADDRESS, hub.listen, "tcp://x")
        assert repr(client) == "<Hein.Bus 'client', 1 peers, open>"
        for i in range(1000):
            client.send_to("hub", "n", str(i))
        assert [hub.receive(5000).text for _ in range(1000)] == [str(i) for i in range(1000)]
    assert threads == {"hein"}
    assert hub.is_closed


@test
def test_start_with_peers():
    """Peers and endpoints of a started bus may be used from any thread, those of
    another one only where it is."""
    with Hein.Bus("hub", keep_latest=True).start() as hub:
        client = Hein.Bus("client").start()
        client.dial(hub.listen(TCP).bound_uri)
        hub.wait_for_peers()
        client.wait_for_peers()
        client.send("t", "kept")
        while not hub.get_latest("t"):
            pass
        peer, endpoint = hub.peers["client"], hub.endpoints[0]
        assert peer.get_latest("t").text == "kept"
        answers = queue.Queue()
        peer.ping_async(5000, None, lambda peer, result:
                        answers.put(peer.ping_finish(result)))
        assert answers.get(timeout=PATIENCE)
        assert asyncio.run(peer.ping_async(5000))
        endpoint.close()
        peer.close()
        while peer.is_up or hub.endpoints:
            pass
        assert endpoint.bound_uri.startswith("tcp:") and endpoint.error is None
        fails(Hein.Error.CLOSED, lambda: asyncio.run(peer.ping_async(1)))
        client.stop()
        errors = queue.Queue()
        remote = client.endpoints[0]
        thread = threading.Thread(target=lambda: errors.put(
            fails(Hein.Error.FAILED, remote.close)))
        thread.start()
        assert "bus.start ()" in errors.get(timeout=PATIENCE).message
        thread.join()


@test
def test_start_and_stop():
    hub, client = Hein.Bus("hub"), Hein.Bus("client")
    client.start().dial(hub.start().listen(inproc()).bound_uri)
    came = threading.Event()
    hub.connect("message", lambda bus, message: came.set())
    while not client.peers:
        pass
    client.send("t", "x")
    assert came.wait(PATIENCE)
    hub.stop()
    client.stop()
    got = []
    hub.connect("message", lambda bus, message: got.append(message.text))
    client.send("t", "y")
    wait_for(lambda: got)
    assert got == ["y"]


@test
def test_start_and_asyncio():
    """Awaiting works, too, while the thread turns the bus."""
    async def main():
        hub, client = Hein.Bus("hub").start(), Hein.Bus("client").start()
        uri = hub.listen(inproc()).bound_uri
        await client.dial_async(uri)
        client.send_to("hub", "t", "x")
        assert (await hub.receive_one_async(5000)).text == "x"
        await afails(Hein.Error.TIMED_OUT, hub.receive_one_async(1))
        await client.close_async()
        await hub.close_async()

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


@test
def test_nothing_is_kept():
    refs = []
    for keep in range(3):
        hub, client = pair()
        client.send_to("hub", "t", "x")
        client.turn(0)
        assert hub.receive(5000).text == "x"
        refs += [weakref.ref(hub), weakref.ref(client)]
        if keep == 1:
            asyncio.run(hub.close_async())
        if keep == 2:
            with hub.start(), client.start():
                pass
        del hub, client
    gc.collect()
    assert [ref() for ref in refs] == [None] * 6


# ---- plugins ----


@test
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


@test
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


@test
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


@test
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


@test
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


@test
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


@test
def test_frames_in_two_languages():
    """The protocol of the README in Python speaks to that in JavaScript."""
    gjs = shutil.which("gjs")
    if gjs is None:
        raise Skip("there is no gjs")
    run_example("protocols")
    hub = Hein.Bus("hub")
    uri = hub.listen("tcp+frames://127.0.0.1:0").bound_uri
    peer = subprocess.Popen([gjs, str(PLUGINS.parent / "tests/test-gjs.js"), "protocol",
                             "--be-a-peer-of", uri.replace("frames", "js-frames")])
    try:
        message = hub.receive(PATIENCE * 1000)
        assert (message.topic, message.text) == ("I am", "alive")
        assert message.sender.name == "mortal"
    finally:
        peer.kill()
        peer.wait()


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


class Tap:
    def __init__(self):
        self.n_tests = self.n_failed = 0

    def say(self, ok, name):
        self.n_tests += 1
        self.n_failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.n_tests} {name}", flush=True)

    def run(self, function):
        try:
            function()
        except Skip as reason:
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
    tap = Tap()
    wanted = sys.argv[1:]
    for function in tests:
        if not wanted or function.__name__ in wanted:
            tap.run(function)
    for name in SUITES:
        if name.startswith("encrypted") and os.environ.get("HEIN_TEST_TLS") != "yes":
            continue
        if not wanted or name in wanted:
            tap.run_suite(name)
    print(f"1..{tap.n_tests}")
    return tap.n_failed != 0


sys.exit(main())
