#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast a Python program is given messages one by one, each of which it reads,
and how fast pyzmq is: one after the other, and both fed by bench-feed.

Usage: bench-python-one.py PATH-OF-BENCH-FEED COUNT WAY"""

import asyncio
import json
import subprocess
import sys
import time

SIZE = 100


class Count:
    """Looks at the number of every payload; the clock runs from the first on."""

    def __init__(self, count):
        self.left = count
        self.number = 0
        self.start = None

    def take(self, data):
        """Whether there are more."""
        if self.start is None:
            self.start = time.perf_counter()
        if data[0] != self.number & 255 or len(data) != SIZE:
            raise SystemExit(f"message {self.number} is not the one that was due")
        self.number += 1
        self.left -= 1
        return self.left > 0

    def get_rate(self):
        return (self.number - 1) / (time.perf_counter() - self.start)


def feed(program, count, function):
    """A topic would be a frame more, which pyzmq would give apart."""
    with subprocess.Popen([program, str(count), str(SIZE), ""], text=True,
                          stdout=subprocess.PIPE) as process:
        try:
            return function(process.stdout.readline().strip(), Count(count))
        finally:
            process.kill()


# ---- hein ----


def receive(uri, count, is_started=False):
    from gi.repository import Hein
    bus = Hein.Bus("python")
    if is_started:
        bus.start()
    bus.dial(uri)
    while count.take(bus.receive().bytes):
        pass
    return count.get_rate()


def receive_started(uri, count):
    return receive(uri, count, is_started=True)


def listen_to_signal(uri, count):
    from gi.repository import Hein
    bus = Hein.Bus("python")
    bus.connect("message", lambda bus, message: count.take(message.bytes))
    bus.dial(uri)
    while count.left > 0:
        bus.turn(1000)
    return count.get_rate()


def iterate(uri, count):
    from gi.repository import Hein

    async def main():
        bus = Hein.Bus("python")
        bus.dial(uri)
        async for message in bus:
            if not count.take(message.bytes):
                return count.get_rate()

    return asyncio.run(main())


def await_each(uri, count):
    from gi.repository import Hein

    async def main():
        bus = Hein.Bus("python")
        bus.dial(uri)
        while count.take((await bus.receive_one_async()).bytes):
            pass
        return count.get_rate()

    return asyncio.run(main())


# ---- pyzmq ----


def receive_by_zmq(uri, count):
    import zmq
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.linger = 0
        socket.connect(uri)
        while count.take(socket.recv()):
            pass
        return count.get_rate()


def await_by_zmq(uri, count):
    import zmq.asyncio

    async def main():
        with zmq.asyncio.Context() as context, \
                context.socket(zmq.PULL) as socket:
            socket.linger = 0
            socket.connect(uri)
            while count.take(await socket.recv()):
                pass
            return count.get_rate()

    return asyncio.run(main())


WAYS = {"receive": (receive, receive_by_zmq),
        "start": (receive_started, receive_by_zmq),
        "signal": (listen_to_signal, receive_by_zmq),
        "await": (await_each, await_by_zmq),
        "async-for": (iterate, await_by_zmq)}


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    by_hein, by_zmq = WAYS[sys.argv[3]]
    try:
        import zmq  # noqa: F401
    except ImportError as error:
        print(json.dumps({"status": "skipped", "reason": str(error)}))
        return
    import gi
    gi.require_version("Hein", "1")
    rate = feed(program, count, by_hein)
    # awaited, it would take longer than a row has time
    other = feed(program, max(2, count // (8 if by_zmq is await_by_zmq else 1)),
                 by_zmq)
    print(json.dumps({"status": "ok", "reason": "", "messages_per_s": rate,
                      "zmq_per_s": other, "ratio": rate / other}))


if __name__ == "__main__":
    main()
