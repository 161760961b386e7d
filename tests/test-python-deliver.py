#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Delivering with a receipt, in Python. Prints TAP."""
import asyncio
import sys
import tempfile
import threading
from pathlib import Path

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, Hein
from python_ends import PATIENCE, TCP, afails, asyncio_test, fails

MS = PATIENCE * 1000


@asyncio_test
async def test_deliver_await(hub, client):
    """Awaited one by one: acknowledged when the next is asked for."""
    tasks = [asyncio.create_task(client.deliver_async("t", str(i), timeout_ms=MS))
             for i in range(3)]
    for i in range(3):
        message = await hub.receive_one_async(MS)
        assert message.text == str(i) and message.wants_receipt
        assert 0 < message.remaining_ms <= MS
        assert not tasks[i].done()
    assert hub.take(1) == []
    for task in tasks:
        receipt = await task
        assert receipt.check()
        assert (receipt.n_peers, receipt.n_acknowledged, receipt.n_failed,
                receipt.n_unknown) == (1, 1, 0, 0)
        (peer, outcome, error), = receipt.outcomes
        assert (peer.name, outcome, error) == \
            ("hub", Hein.Outcome.ACKNOWLEDGED, None)


@asyncio_test
async def test_deliver_for(hub, client):
    """So in `async for`."""
    async def work():
        async for message in hub:
            done.append(message.text)
            if len(done) == 500:
                message.acknowledge()
                return

    done = []
    worker = asyncio.create_task(work())
    receipts = await asyncio.gather(*(
        client.deliver_to_async("hub", "t", str(i)) for i in range(500)))
    await worker
    assert done == [str(i) for i in range(500)]
    assert all(receipt.n_acknowledged == 1 for receipt in receipts)


@asyncio_test
async def test_deliver_again(hub, client):
    """One of the same id is acknowledged, and not handled a second time."""
    got = []
    hub.connect("message", lambda bus, message: got.append(message.text))
    for text in "ab":
        message = Hein.Message("job", text, attributes={"id": "7"})
        assert (await client.deliver_async(message)).check()
    message = Hein.Message("job", "c", attributes={"id": "8"})
    assert (await client.deliver_async(message)).check()
    assert got == ["a", "c"]


@asyncio_test
async def test_deliver_handler(hub, client):
    """A handler has returned; nothing handles other topics."""
    got = []
    hub.connect("message::job", lambda bus, message: got.append(message.text))
    assert (await client.deliver_async("job", "x")).check()
    assert got == ["x"]
    receipt = await client.deliver_async("other")
    assert receipt.outcomes[0][1] == Hein.Outcome.FAILED
    error = fails(Hein.Error.FAILED, receipt.check)
    assert "hub" in error.message
    assert repr(receipt) == \
        "<Hein.Receipt 0 acknowledged, 1 failed, 0 unknown>"


@asyncio_test
async def test_deliver_by_hand(hub, client):
    """By hand, in any order, by several tasks, from another thread."""
    hub.set_property("acknowledge", Hein.Acknowledge.MANUAL)

    async def work():
        while True:
            message = await hub.receive_one_async()
            await asyncio.sleep(0)
            if message.text == "bad":
                message.refuse("no such job")
            elif message.text == "forgotten":
                del message
            elif message.text == "thread":
                threading.Thread(target=message.acknowledge).start()
            else:
                message.acknowledge()

    workers = [asyncio.create_task(work()) for _ in range(4)]
    jobs = ["good", "bad", "forgotten", "thread"] * 5
    receipts = await asyncio.gather(*(client.deliver_async("t", job) for job in jobs))
    for job, receipt in zip(jobs, receipts):
        assert (receipt.n_acknowledged, receipt.n_failed) == \
            ((1, 0) if job in ("good", "thread") else (0, 1)), job
    fails(Hein.Error.REFUSED, receipts[1].check)
    for worker in workers:
        worker.cancel()


@asyncio_test
async def test_deliver_ends(hub, client):
    """Cancelled, too late, nobody there, and the other side goes."""
    task = asyncio.create_task(client.deliver_async("t"))
    message = await hub.receive_one_async(MS)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    receipt = await client.deliver_async("t", timeout_ms=1)
    assert receipt.outcomes[0][1] == Hein.Outcome.UNKNOWN
    fails(Hein.Error.TIMED_OUT, receipt.check)
    await afails(Hein.Error.NO_PEER, client.deliver_to_async("nobody", "t"))
    task = asyncio.create_task(client.deliver_async("t", "last"))
    while (message := await hub.receive_one_async(MS)).text != "last":
        pass
    hub.close()
    receipt = await task
    assert receipt.n_unknown == 1
    fails(Hein.Error.CLOSED, receipt.check)


def test_deliver_blocking():
    """Without a loop, to a bus that another thread turns."""
    hub, client = Hein.Bus("hub"), Hein.Bus("client")
    uri = hub.listen(TCP).bound_uri
    got = []
    hub.connect("message", lambda bus, message: got.append(message.text))
    hub.start()
    client.dial(uri)
    client.wait_for_peers(1, timeout_ms=MS)
    assert client.deliver("t", "x", timeout_ms=MS).check()
    assert got == ["x"]
    assert client.deliver(Hein.Message("t", "y")).n_acknowledged == 1
    fails(Hein.Error.TIMED_OUT, client.receive, 0)
    hub.close()
    client.close()


@asyncio_test
async def test_post(hub, client):
    """What is posted is told of as settled; what is refused, with why."""
    settled = asyncio.Queue()
    client.connect("settled", lambda bus, message, receipt:
                   settled.put_nowait((message.text, receipt)))
    with tempfile.TemporaryDirectory() as folder:
        await afails(Hein.Error.FAILED, client.post_async("t", "no spool"))
        assert client.open_spool(Path(folder) / "spool")
        hub.acknowledge = Hein.Acknowledge.MANUAL
        assert await client.post_async("t", "good")
        assert await client.post_to_async("hub", Hein.Message("t", "bad"))
        good = await hub.receive_one_async(MS)
        bad = await hub.receive_one_async(MS)
        assert good.attributes["id"] != bad.attributes["id"]
        assert client.get_n_posted() == 2
        good.acknowledge()
        text, receipt = await settled.get()
        assert text == "good" and receipt.check()
        bad.refuse("no such job")
        text, receipt = await settled.get()
        assert text == "bad"
        fails(Hein.Error.REFUSED, receipt.check)
        assert client.get_n_posted() == 0
        assert client.get_n_dropped(Hein.DropReason.UNSENDABLE) == 1
        client.close()


def test_post_blocking():
    """Without a loop, and with nobody there; the next bus delivers it."""
    with tempfile.TemporaryDirectory() as folder:
        with Hein.Bus("client") as client:
            client.open_spool(folder, 1 << 20)
            with Hein.Bus("other") as other:
                try:
                    other.open_spool(folder)
                except GLib.Error as error:
                    assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY)
                else:
                    raise AssertionError("two have one spool")
                fails(Hein.Error.FAILED, other.post, "t")
            assert client.post("t", "x")
            assert client.post(Hein.Message("t", "y"))
            fails(Hein.Error.TOO_LARGE, client.post, "t", bytes(1 << 20))
        with Hein.Bus("client") as client:
            client.open_spool(folder)
            assert client.get_n_posted() == 2
        for path, limit in (("a\0b", 0), (folder, 1)):
            try:
                client.open_spool(path, limit)
            except ValueError:
                continue
            raise AssertionError(path)


sys.exit(tap.run_functions(globals()))
