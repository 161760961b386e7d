#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A greenhouse, and the page that shows it: the bus is the MQTT broker of all pages that
are open. The page asks for a temperature; what the greenhouse makes of that, it tells to
every page.

usage: greenhouse.py [PAGE-PORT [BROKER-PORT]]

MQTT.js is looked for in `node_modules` of the folder where this is started:
`npm install mqtt`.
"""
import asyncio
import collections
import contextlib
import http.server
import json
import random
import sys
import threading
from pathlib import Path

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

PAGE = Path(__file__).with_name("greenhouse.html")
LIBRARY = Path("node_modules/mqtt/dist/mqtt.min.js")
TURN_S = 0.25
OUTSIDE, LOWEST, HIGHEST = 8.0, 12.0, 28.0  # degrees Celsius
N_KEPT = 240  # turns that the plot shows


class Greenhouse:
    """A heater that a thermostat switches, and time that runs faster than ours."""

    def __init__(self, bus):
        self.bus = bus
        self.air, self.target, self.is_heating = 16.0, 20.0, False
        self.history: collections.deque[float] = collections.deque(maxlen=N_KEPT)

    def turn(self):
        if abs(self.air - self.target) > 0.4:
            self.heat(self.air < self.target)
        self.air += 0.01 * (OUTSIDE - self.air) + 0.3 * self.is_heating
        self.history.append(round(self.air + random.gauss(0, 0.04), 2))
        self.bus.send("greenhouse/air", str(self.history[-1]))

    def heat(self, is_heating):
        if is_heating != self.is_heating:
            self.is_heating = is_heating
            self.bus.send("greenhouse/heating", "on" if is_heating else "off")

    def aim(self, text):
        """Whatever a page asks for: what is agreed to is between the two limits."""
        try:
            self.target = max(LOWEST, min(HIGHEST, float(text)))
        except ValueError:
            print(f"no temperature: {text!r}", flush=True)
        self.bus.send("greenhouse/target", str(self.target))


def serve(bus, greenhouse):
    """Tells the page who else looks, and answers what it asks."""
    def count(*_):
        bus.send("greenhouse/viewers", str(len(bus.peers)))

    def on_message(_bus, message):
        if message.topic == "ask/target":
            greenhouse.aim(message.text)
        elif message.topic == "ask/history":
            history = json.dumps(list(greenhouse.history))
            with contextlib.suppress(Hein.Error):  # who asked is gone, or listens to nothing
                bus.send_to(message.sender.name, "greenhouse/history", history)

    bus.subscribe("ask/")
    bus.connect("peer-added", count)
    bus.connect("peer-removed", count)
    bus.connect("message", on_message)


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the page, which is told where its broker is, and MQTT.js."""

    files: dict[str, tuple[str, bytes]] = {}

    def do_GET(self):
        kind, content = self.files.get(self.path, ("text/plain", b""))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


async def main(page_port="8000", broker_port="8080"):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(page_port)), Handler)
    page, other = (f"http://{host}:{server.server_port}" for host in ("127.0.0.1", "localhost"))
    # every other page that somebody has open is refused
    address = f"ws+mqtt://127.0.0.1:{broker_port}/mqtt?retain=yes&origin={page},{other}"
    async with Hein.Bus("greenhouse") as bus:
        greenhouse = Greenhouse(bus)
        serve(bus, greenhouse)
        broker = bus.listen(address).bound_uri.replace("+mqtt", "").partition("?")[0]
        Handler.files = {
            "/": ("text/html", PAGE.read_bytes().replace(b"ws://BROKER", broker.encode())),
            "/mqtt.min.js": ("text/javascript", LIBRARY.read_bytes())}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"the page is {page}/ and its broker {broker}", flush=True)
        greenhouse.aim("20")
        greenhouse.heat(True)
        while True:
            greenhouse.turn()
            await asyncio.sleep(TURN_S)


if not LIBRARY.exists():
    sys.exit(f"there is no {LIBRARY} here: npm install mqtt")
try:
    asyncio.run(main(*sys.argv[1:]))
except KeyboardInterrupt:
    pass
