#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python binding: messages, errors, and buses that are turned by hand, by a main
loop, or by a thread. Prints TAP."""
import asyncio
import gc
import os
import queue
import random
import re
import socket
import sys
import tempfile
import threading
import weakref

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein
from python_ends import PATIENCE, TCP, afails, fails, inproc, pair, wait_for

# ---- messages ----


def test_message():
    message = Hein.Message("greeting", "héllo")
    assert message.topic == "greeting" and message.text == "héllo"
    assert bytes(message) == "héllo".encode() and len(message) == 6
    assert repr(message) == "<Hein.Message 'greeting', 6 bytes>"
    assert message.sender is None and message.time_us == 0
    assert bytes(Hein.Message("t", b"\0\xff")) == b"\0\xff"
    assert bytes(Hein.Message("t", GLib.Bytes.new(b"abc"))) == b"abc"
    assert bytes(Hein.Message("t", bytearray(b"abc"))) == b"abc"


def test_message_empty():
    message = Hein.Message()
    assert message and len(message) == 0 and bytes(message) == b""
    assert message.topic == "" and message.text == ""


def test_message_variant():
    message = Hein.Message("t", GLib.Variant("(si)", ("a", 7)))
    assert message.dup_variant(None).unpack() == ("a", 7)
    fails(Hein.Error.PROTOCOL, message.dup_variant, GLib.VariantType("u"))


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


def test_error_of_another_domain():
    hub, client = pair()
    try:
        client.listen(hub.endpoints[0].bound_uri)
    except Hein.Error:
        raise AssertionError("this is no error of hein")
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.ADDRESS_IN_USE)


# ---- a bus without asyncio ----


def test_blocking():
    with Hein.Bus("hub") as hub, Hein.Bus("client") as client:
        client.dial(hub.listen(inproc()).bound_uri)
        while not client.peers:
            client.turn(10)
            hub.turn(10)
        client.send("topic", "one")
        client.send("topic", b"two")
        client.send(Hein.Message("topic", "three"))
        client.send_data(None, memoryview(b"four"))
        got = [hub.receive(5000).text for _ in range(4)]
        assert got == ["one", "two", "three", "four"]
        # with one call of C and with two: as long as a topic may be
        for topic in ("\U0001f600" * 63, "\U0001f600" * 63 + "abc", "a" * 255):
            client.send(topic, b"x")
            assert hub.receive(5000).topic == topic
        fails(Hein.Error.TIMED_OUT, hub.receive, 1)
        assert hub.take() == []
    assert hub.is_closed and client.is_closed
    fails(Hein.Error.CLOSED, client.send, "topic", "late")
    fails(Hein.Error.CLOSED, client.send, "topic", b"late")
    fails(Hein.Error.CLOSED, client.send_data, "topic", b"late")
    fails(Hein.Error.CLOSED, hub.receive, 0)


def send_some(hub, client, n):
    """Sends so many to the hub, which has them and has given none to the program."""
    before = hub.peers["client"].get_messages_received()
    for i in range(n):
        client.send("", str(i))
    while hub.peers["client"].get_messages_received() < before + n:
        client.turn(1)
        hub.turn(1)


def test_ahead_of_time():
    """Whatever way a program receives in, nothing is lost, and the order stays."""
    hub, client = pair()
    send_some(hub, client, 9)
    used = hub.get_memory_used()
    assert hub.receive().text == "0"
    hub.turn(0)
    assert 0 < hub.get_memory_used() < used, "the others wait in the bus"
    assert [m.text for m in hub.take(2)] == ["1", "2"]
    assert hub.take_one().text == "3"
    assert next(iter(hub)).text == "4"
    got = []
    hub.receive_async(2, None, lambda hub, result: got.extend(
        message.text for message in hub.receive_finish(result)))
    wait_for(lambda: len(got) == 2)
    assert got == ["5", "6"]
    assert hub.receive(0).text == "7"
    assert hub.take_one().text == "8"
    assert hub.take_one() is None
    fails(Hein.Error.TIMED_OUT, hub.receive, 0)
    assert hub.get_memory_used() < used / 9


def test_received():
    """A message is the same, whether it is an object of gi already or not."""
    hub, client = pair()
    for i, topic in enumerate(("a", "b", "a", "b", "a")):
        client.send(topic, b"x" * i + b"\xc3\xb6")
    while hub.peers["client"].get_messages_received() < 5:
        client.turn(1)
        hub.turn(1)
    # takes_whole () is why each of these takes both
    messages = [hub.receive(0) for _ in range(5)]
    whole = [message._whole() for message in messages]
    assert any(a is not b for a, b in zip(messages, whole)), "they are all whole"
    for message, same in zip(messages, whole):
        assert isinstance(message, Hein.Message)
        assert message == message and message in {message}
        for name in ("topic", "bytes", "size", "text", "content_type", "sender",
                     "time_us", "wants_receipt", "remaining_ms", "get_topic",
                     "peek_data", "get_size", "get_n_parts", "dup_text",
                     "get_time_us", "__len__", "__bytes__", "__repr__"):
            mine, other = getattr(message, name), getattr(same, name)
            if callable(mine):
                mine, other = mine(), other()
            assert mine == other, (name, mine, other)
        assert message.payload.get_data() == message.bytes
        assert [part.get_data() for part in message.parts] == [message.bytes]
        assert not hasattr(message, "nothing") and message
        message.note = 5
        assert message.note == 5
    assert [m.topic for m in messages] == ["a", "b", "a", "b", "a"]
    assert [m.size for m in messages] == [2, 3, 4, 5, 6]
    message = messages[1]
    assert message.sender.can_take(message)
    assert hub.send(message) and hub.send_to("client", message)
    hub.send(message.new_reply(b"back"))
    got = []
    while len(got) < 3:
        hub.turn(1)
        got += client.take()
        client.turn(1)
    assert [(m.topic, m.bytes) for m in got] == [("b", message.bytes)] * 2 + [
        ("b", b"back")]


def test_received_of_many_kinds():
    """Topics that all differ, and messages that have more than data."""
    hub, client = pair()
    sent = []
    for i in range(100):
        topic, kind = str(i // (1 + i % 3)), i % 7
        payload = [b"a", b"b"] if kind == 3 else b"x" * (5000 if kind == 5 else i)
        content_type = "a/b" if kind == 4 else None
        client.send(topic, payload, content_type)
        sent.append((topic, b"ab" if kind == 3 else payload, content_type))
    while hub.peers["client"].get_messages_received() < 100:
        client.turn(1)
        hub.turn(1)
    got = [hub.receive(0) for _ in range(100)]
    assert [(m.topic, m.bytes if m.get_n_parts() == 1 else b"ab", m.content_type)
            for m in got] == sent
    assert hub.take_one() is None


def test_ahead_and_interrupted():
    """Ctrl-C while a message is made loses none of those behind it."""
    hub, client = pair()
    send_some(hub, client, 5)
    assert hub.receive().text == "0"
    try:
        hub._ahead.each.throw(KeyboardInterrupt)
    except KeyboardInterrupt:
        pass
    assert hub.receive().text == "1"
    try:
        hub._ahead.each.throw(KeyboardInterrupt)
    except KeyboardInterrupt:
        pass
    assert [m.text for m in hub.take(2)] == ["2", "3"]
    assert hub.receive(0).text == "4"
    fails(Hein.Error.TIMED_OUT, hub.receive, 0)
    # in the middle of a list, of which nobody was given any
    send_some(hub, client, 6)
    assert hub.receive().text == "0"

    def interrupted(each):
        yield next(each)
        yield next(each)
        raise KeyboardInterrupt

    hub._ahead.each = interrupted(hub._ahead.each)
    try:
        hub.take(5)
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("it went on")
    assert [m.text for m in hub.take(5)] == ["1", "2", "3", "4", "5"]
    assert hub.take() == []


def test_ahead_of_a_handler():
    """A handler is given what nobody was given, when it is connected or unblocked."""
    hub, client = pair()
    got = []
    number = hub.connect("message", lambda hub, message: got.append(message.text))
    for connect in ("handler_unblock", "with"):
        got.clear()
        blocking = hub.handler_block(number)
        send_some(hub, client, 4)
        assert hub.receive().text == "0"
        if connect == "with":
            with blocking:
                pass
        else:
            hub.handler_unblock(number)
        wait_for(lambda: len(got) == 3)
        assert got == ["1", "2", "3"]
        fails(Hein.Error.FAILED, hub.receive, 0)
    hub.disconnect(number)
    send_some(hub, client, 3)
    assert hub.receive().text == "0"
    got.clear()
    hub.connect_after("messages", lambda hub, messages: got.extend(
        message.text for message in messages))
    wait_for(lambda: len(got) == 2)
    assert got == ["1", "2"]


def test_ahead_in_threads():
    """Threads that share a started bus are given each message once."""
    hub, client = Hein.Bus("hub").start(), Hein.Bus(
        "client", overflow=Hein.Overflow.WAIT).start()
    client.dial(hub.listen(TCP).bound_uri)
    hub.wait_for_peers()
    client.wait_for_peers()
    got = [[], [], []]

    def receive_some(mine):
        for message in hub:
            mine.append(int(message.text))
            if len(mine) == 1000:
                return

    threads = [threading.Thread(target=receive_some, args=(mine,)) for mine in got]
    for thread in threads:
        thread.start()
    for i in range(3000):
        client.send("", str(i))
    for thread in threads:
        thread.join()
    assert sorted(sum(got, [])) == list(range(3000))
    assert all(mine == sorted(mine) for mine in got)
    fails(Hein.Error.TIMED_OUT, hub.receive, 0)
    # what the thread has taken is this thread's when it has the bus again
    before = hub.peers["client"].get_messages_received()
    while hub._ahead or hub.peers["client"].get_messages_received() < before + 3:
        hub.take()
        for i in range(3):
            client.send("", str(i))
        while hub.peers["client"].get_messages_received() < before + 3:
            client.ping(1000)
    assert hub.receive().text == "0"
    assert len(hub._ahead) == 2
    assert hub._wait_there(20), "a thread waits while messages are there"
    hub.stop()
    assert [hub.receive().text for _ in range(2)] == ["1", "2"]
    hub.close()
    client.close()


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


def test_patterns():
    """Those that are none, and waiting where nobody is there to know."""
    with Hein.Bus("alone") as bus:
        bus.subscribe_pattern("house/*/light")
        assert bus.confirm_subscriptions() is True
        fails(Hein.Error.FAILED, bus.subscribe_pattern, "house/h*")
        fails(Hein.Error.TOO_LARGE, bus.subscribe_pattern, "a" * 256)
        bus.unsubscribe_pattern("house/*/light")
        bus.unsubscribe_pattern("house/*/light")
    fails(Hein.Error.CLOSED, bus.confirm_subscriptions)
    fails(Hein.Error.CLOSED, bus.subscribe_pattern, "a")


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


def test_with_flushes():
    hub, client = pair()
    with client:
        for i in range(1000):
            client.send_to("hub", "n", str(i))
    assert [hub.receive(5000).text for _ in range(1000)] == [str(i) for i in range(1000)]


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


def test_topic_that_is_a_quark():
    """A topic that GLib knows as a string goes to who wants all, too."""
    hub, client = pair()
    got = []
    hub.connect("message", lambda bus, message: got.append(message.topic))
    for topic in ("name", "unheard of", "text"):
        client.send_to("hub", topic)
    wait_for(lambda: len(got) == 3)
    assert got == ["name", "unheard of", "text"]


def test_signal_of_messages():
    hub, client = pair()
    got = []
    hub.connect("messages", lambda bus, messages: got.extend(messages))
    for i in range(500):
        client.send_to("hub", "n", str(i))
    wait_for(lambda: len(got) == 500)
    assert [message.text for message in got] == [str(i) for i in range(500)]


def test_callbacks():
    hub, client = pair()
    done = []
    hub.receive_async(10, None, lambda bus, result: done.append(bus.receive_finish(result)))
    client.send_async(Hein.Message("t", "x"), None,
                      lambda bus, result: done.append(bus.send_finish(result)))
    wait_for(lambda: len(done) == 2)
    assert True in done and [[m.text for m in d] for d in done if d is not True] == [["x"]]


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


def test_group():
    """M3, M4, M11: what a channel of multisock does: pairs of data and sender,
    reading that waits or not, and what it is called."""
    plugins = Hein.PluginInfo.list()
    if "udp-multicast" not in [plugins.get_item(i).get_name()
                               for i in range(plugins.get_n_items())]:
        raise tap.Skip("built without udp-multicast")
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
            raise tap.Skip("there is no multicast on lo") from error
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
    replies = client.request_many("count", "1")
    replies.next_async(None, lambda replies, result: got.append(
        replies.next_finish(result).text))
    wait_for(lambda: got[2:] == ["0"])
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


# ---- who may do what ----


def test_access_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "access")
        with open(path, "w", encoding="utf-8") as file:
            file.write("allow anonymous publish lamps/*\n"
                       "allow anonymous request time\n")
        os.chmod(path, 0o644)
        reason, allowed = Hein.access_explain(
            path, None, None, Hein.Action.PUBLISH, "lamps/desk")
        assert allowed and reason.endswith("line 1: allow anonymous publish lamps/*")
        hub, client = Hein.Bus("hub"), Hein.Bus("client")
        hub.serve("**", lambda request: "noon")
        bound = hub.listen(f"{TCP}?access-file={path}").bound_uri
        client.dial(bound.partition("?")[0])
        wait_for(lambda: hub.peers and client.peers)
        client.send("secret", "no")
        client.send("lamps/desk", "on")
        got, ended = [], []
        hub.connect("message", lambda bus, message: got.append(message.topic))
        for topic in "date", "time":
            client.request_async(Hein.Message(topic, ""), -1, None,
                                 lambda bus, result: ended.append(result))
        wait_for(lambda: got and len(ended) == 2)
        assert got == ["lamps/desk"]
        assert hub.get_n_dropped(Hein.DropReason.FORBIDDEN) == 2
        assert hub.peers[0].get_n_dropped(Hein.DropReason.FORBIDDEN) == 2
        assert hub.peers[0].get_n_dropped(Hein.DropReason.LOST) == 0
        fails(Hein.Error.FORBIDDEN, client.request_finish, ended[0])
        assert client.request_finish(ended[1]).text == "noon"
        fails(Hein.Error.FORBIDDEN, hub.send_to, "client", "topic", "text")


def test_inspectable():
    """A bus can be looked into when its program says so, until it is gone."""
    with tempfile.TemporaryDirectory(prefix="hein-", dir="/tmp") as runtime:
        before = os.environ.get("XDG_RUNTIME_DIR")
        GLib.setenv("XDG_RUNTIME_DIR", runtime, True)
        try:
            assert not Hein.Bus("quiet").inspectable
            bus = Hein.Bus("lamp", inspectable=True)
            assert bus.inspectable
            assert os.listdir(f"{runtime}/hein") == [f"{os.getpid()}-lamp"]
            bus.inspectable = False
            assert os.listdir(f"{runtime}/hein") == []
        finally:
            if before is None:
                GLib.unsetenv("XDG_RUNTIME_DIR")
            else:
                GLib.setenv("XDG_RUNTIME_DIR", before, True)


# ---- a thread ----


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


def test_bridge():
    near, far = Hein.Bus("near"), Hein.Bus("far")
    bridge = Hein.Bridge(near, far, "door")
    assert isinstance(bridge, Hein.Bridge)
    assert (bridge.props.source, bridge.props.target, bridge.props.id) == (near, far, "door")
    bridge.close()
    for source, target, name in ((near, near, None), (near, far, "a door")):
        try:
            Hein.Bridge(source, target, name)
        except Hein.Error:
            continue
        raise AssertionError(f"a bridge {name!r} of {source} and {target}")


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


sys.exit(tap.run_functions(globals()))
