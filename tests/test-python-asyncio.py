#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python binding with asyncio, without any GLib main loop. Prints TAP."""
import asyncio
import itertools
import json
import sys

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein
from python_ends import PATIENCE, TCP, afails, asyncio_test, fails


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
async def test_asyncio_line(hub, client):
    """What came at once, and was taken at once, is for all who wait in line."""
    tasks = [asyncio.create_task(hub.receive_one_async()) for _ in range(3)]
    await asyncio.sleep(0)
    for i in range(3):
        client.send_to("hub", "topic", str(i))
    got = await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
    assert [message.text for message in got] == ["0", "1", "2"]


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
async def test_asyncio_patterns(hub, client):
    """Topics by their levels, from the moment on that the other side knows."""
    client.subscribe_pattern("house/*/light")
    client.subscribe_pattern("alarm/**")
    assert await client.confirm_subscriptions_async(5000)
    for topic in ("house/hall", "house/hall/light", "alarm", "alarms"):
        hub.send(topic, "")
    got = [(await client.receive_one_async()).topic for _ in range(2)]
    assert got == ["house/hall/light", "alarm"]
    client.unsubscribe_pattern("house/*/light")
    fails(Hein.Error.FAILED, client.subscribe_pattern, "house/h*")
    fails(Hein.Error.FAILED, client.subscribe_pattern, "")
    fails(Hein.Error.FAILED, client.confirm_subscriptions)
    assert Hein.topic_matches("house/hall/light", "house/**")
    assert not Hein.topic_matches("house/hall/light", "house/*")


@asyncio_test
async def test_asyncio_get(hub, client):
    """The value that somebody keeps; and who keeps none."""
    keeper = Hein.Bus("keeper")
    uri = keeper.listen("tcp://127.0.0.1:0?retain=yes").bound_uri
    keeper.start()
    keeper.send("speed", "1")
    try:
        await client.get_async("speed")
        raise AssertionError("nobody keeps it")
    except Hein.Error as error:
        assert error.code == Hein.Error.NOT_SERVED
    client.dial(uri.split("?")[0])
    await client.wait_for_peers_async(2)
    await keeper.wait_for_peers_async()
    keeper.send("speed", "2")
    value = await client.get_async("speed", timeout_ms=60000)
    assert (value.topic, value.text, value.sender.name) == ("speed", "2", "keeper")
    await keeper.close_async()


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


sys.exit(tap.run_functions(globals()))
