#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus that listens is the broker of MQTT.js, the library `mqtt` of npm, under Node.js,
in MQTT 3.1.1 and 5. TAP.

The cases of the client are in mqtt-npm.mjs; what the bus does meanwhile is here, under
the same names. MQTT.js is looked for in the folder that HEIN_TEST_NODE_MODULES names, else
in NODE-MODULES; without it or Node.js all is skipped.

usage: test-mqtt-npm.py NODE-MODULES [CASE]
"""
import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import gi

import tap

gi.require_version("Hein", "1")
from gi.repository import Hein
from python_ends import PATIENCE, afails

PROGRAM = Path(__file__).resolve().parent / "mqtt-npm.mjs"
MODULES = Path(os.environ.get("HEIN_TEST_NODE_MODULES", sys.argv[1])).resolve()
MS = PATIENCE * 1000


async def take(bus, topic, text=None, name=None):
    """The next message, which is this one."""
    message = await bus.receive_one_async(MS)
    assert message.topic == topic, message.topic
    assert text is None or message.text == text, message.text
    assert name in (None, message.sender.name), message.sender.name
    return message


async def bus_connect(bus, is_5):
    await take(bus, "hub/here", name="kirk")
    if is_5:
        message = await take(bus, "hub/name")
        assert message.text == message.sender.name != "", message.text


async def bus_wildcards(bus, _is_5):
    message = await take(bus, "hub/topics", name="spock")
    for topic in json.loads(message.text):
        bus.send(topic, "bus")
    message.acknowledge()


async def bus_publish(bus, _is_5):
    (await take(bus, "hub/0", "a", "kirk")).acknowledge()
    message = await take(bus, "hub/1", "b", "kirk")
    assert message.wants_receipt
    bus.send("handled", message.text)
    (await take(bus, "hub/seen")).acknowledge()
    message.acknowledge()
    (await take(bus, "hub/refused", "c")).refuse("not here")
    message = await take(bus, "hub/large")
    bus.send("handled", message.bytes)
    message.acknowledge()


async def bus_deliver(bus, is_5):
    (await take(bus, "hub/ready")).acknowledge()
    bus.send("a", "sent")
    receipts = await asyncio.gather(*(
        bus.deliver_to_async("kirk", "a", str(i), timeout_ms=MS) for i in range(100)))
    assert all(receipt.check() for receipt in receipts)
    receipt = await bus.deliver_to_async("kirk", "refused", "x", timeout_ms=MS)
    # who cannot say no has said yes
    assert receipt.n_failed == is_5, receipt.outcomes
    receipt = await bus.deliver_async("b", "with QoS 0 alone", timeout_ms=MS)
    assert receipt.n_acknowledged == 0, receipt.outcomes
    (await take(bus, "hub/end")).acknowledge()


async def bus_share(bus, _is_5):
    for _ in range(2):
        message = await take(bus, "hub/send")
        for i in range(12):
            bus.send("a/b", str(i))
        message.acknowledge()
    message = await take(bus, "hub/end")
    bus.send("end", "")
    message.acknowledge()


async def bus_will(bus, is_5):
    message = await take(bus, "hub/gone/dies", "dies", "dies")
    message.acknowledge()
    if is_5:
        assert message.content_type == "text/x"
        assert message.attributes == {"why": "cut"}
        (await take(bus, "hub/gone/wants", "wants", "wants")).acknowledge()
    (await take(bus, "hub/end")).acknowledge()


async def bus_session(bus, _is_5):
    """It is not acknowledged before the connection is cut, and then comes again."""
    first = await take(bus, "hub/job", "x", "kirk")
    bus.send("a", "held")
    second = await take(bus, "hub/job", "x", "kirk")
    assert first.sender != second.sender
    second.acknowledge()
    await take(bus, "hub/back", name="kirk")
    receipt = await bus.deliver_async("a", "again", timeout_ms=MS)
    assert receipt.check()


async def bus_properties(bus, _is_5):
    message = await take(bus, "hub/a", "x")
    assert message.content_type == "text/plain"
    assert message.attributes["unit"] == "°C", message.attributes
    message.acknowledge()
    bus.send(Hein.Message("back", "y", "text/x", attributes={"unit": "K"}))


async def bus_ask(bus, _is_5):
    bus.serve("shout", lambda request: request.text.upper())
    bus.serve("refuse", lambda request: request.refuse(7, "not today"))


async def bus_answer(bus, _is_5):
    await take(bus, "hub/ready", name="kirk")
    answer = await bus.request_to_async("kirk", "double", "a", timeout_ms=MS)
    assert answer.text == "aa", answer.text
    await afails(Hein.Error.NOT_SERVED,
                 bus.request_to_async("kirk", "other", "a", timeout_ms=MS))
    (await take(bus, "hub/end")).acknowledge()


async def bus_nothing(_bus, _is_5):
    """The clients are on their own."""


class Client:
    """Node.js with MQTT.js of one version; a case that has failed may have left it in any
    state, so that the next one gets a new one."""

    def __init__(self, version):
        self.version = version
        self.process = None

    def start(self):
        if self.process is None:
            self.process = subprocess.Popen(
                ["node", PROGRAM, MODULES, self.version], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, case, port):
        self.process.stdin.write(f"{case} {port}\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline() or '"Node.js has ended"')
        assert said == "ok", said

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


async def run_both(client, case):
    async with Hein.Bus("hub", acknowledge=Hein.Acknowledge.MANUAL) as bus:
        bus.subscribe("hub/")
        uri = bus.listen("tcp+mqtt://127.0.0.1:0").bound_uri
        part = globals().get(f"bus_{case}", bus_nothing)
        theirs = asyncio.create_task(
            asyncio.to_thread(client.run, case, uri.partition("?")[0].rpartition(":")[2]))
        ours = asyncio.create_task(part(bus, client.version == "5"))
        try:
            # in turn, what the client says of itself before what we miss of it
            done, _ = await asyncio.wait([theirs, ours], timeout=PATIENCE,
                                         return_when=asyncio.FIRST_EXCEPTION)
            for task in sorted(done, key=lambda task: task is ours):
                task.result()
            assert done == {theirs, ours}, f"{'bus' if theirs in done else 'client'} waits in vain"
        except BaseException:
            client.end()
            raise
        finally:
            ours.cancel()
            await asyncio.gather(theirs, ours, return_exceptions=True)


def check(client, case):
    if shutil.which("node") is None:
        raise tap.Skip("there is no node")
    if not (MODULES / "mqtt").is_dir():
        raise tap.Skip(f"there is no mqtt in {MODULES} (make deps-browser)")
    client.start()
    asyncio.run(run_both(client, case))


CASES = ("connect", "wildcards", "publish", "deliver", "retained", "will", "session",
         "takeover", "topics", "share", "grants")
CASES_OF_5 = ("options", "properties", "ask", "answer")


def main():
    clients = Client("4"), Client("5")
    try:
        return tap.run([(f"{case} {client.version}", check, client, case)
                        for client in clients
                        for case in CASES + (CASES_OF_5 if client.version == "5" else ())
                        if sys.argv[2:] in ([], [case])])
    finally:
        for client in clients:
            client.end()


if __name__ == "__main__":
    sys.exit(main())
