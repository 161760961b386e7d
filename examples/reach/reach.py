#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One message by four protocols, for real: from a program of ZeroMQ to a page in
Chromium, by MQTT over WebSocket, and its answer by NATS to where the message came from.

Between these are three `hein bridge`. Each hop has a witness that is not hein: what the
page shows, a subscriber of nats-server, and pyzmq. Ends with status 0 when all have seen
it, and blames a program when one has not. Run it by `make demo-reach`.

usage: reach.py NODE-MODULES [PROGRAM-TO-LEAVE-OUT]
"""
import contextlib
import http.server
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import zmq

PAGE = Path(__file__).with_name("reach.html")
LIBRARY = Path(sys.argv[1], "mqtt/dist/mqtt.min.js")
LEFT_OUT = sys.argv[2:]
SEARCHED = os.environ["PATH"] + ":/usr/sbin"  # where Debian has nats-server
PATIENCE = 30  # seconds for each step
OUT, BACK = "reach/out", "reach/back"


def say(name, text):
    print(f"{name:>11} | {text}", flush=True)


class Program:
    """What it says on standard error is kept; it ends with the demonstration."""

    def __init__(self, name, *command):
        self.name, self.said = name, []
        path = shutil.which(command[0], path=SEARCHED)
        if path is None:
            sys.exit(f"reach: there is no {command[0]} here; `make demo-reach` installs it")
        self.process = subprocess.Popen(
            ["true"] if name in LEFT_OUT else [path, *command[1:]],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, errors="replace")
        threading.Thread(target=self.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def read(self):
        for line in self.process.stderr or ():
            self.said.append(line.rstrip())

    def wait_for(self, look, deed):
        """Until there is what another one was to see; blames this program otherwise."""
        end = time.monotonic() + PATIENCE
        while not (found := look()):
            if self.process.poll() is not None or time.monotonic() > end:
                said = "".join(f"\n  {line}" for line in self.said[-4:])
                sys.exit(f"reach: a hop is missed: {self.name} never {deed}{said}")
            time.sleep(0.001)
        return found

    def wait_to_say(self, pattern):
        return self.wait_for(lambda: next(
            filter(None, (re.search(pattern, line) for line in self.said)), None),
            f"said {pattern!r}")


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the page and MQTT.js, and is told what the page shows."""

    files: dict[str, bytes] = {}
    shown: list[str] = []

    def answer(self, status, content=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        content = self.files.get(self.path)
        self.answer(404 if content is None else 200, content or b"")

    def do_POST(self):
        self.shown.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(200)

    def log_message(self, *_):
        pass


class NatsWitness:
    """Whoever asks nats-server gets a copy; its protocol is that simple."""

    def __init__(self, port):
        self.seen = []
        self.stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
        self.stream.write(b'CONNECT {"verbose":false}\r\nSUB reach.back 1\r\n')
        self.stream.flush()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.stream:
            if line.startswith(b"MSG reach.back "):
                self.seen.append(self.stream.readline().decode().rstrip("\r\n"))
            elif line.startswith(b"PING"):
                self.stream.write(b"PONG\r\n")
                self.stream.flush()


class Captain:
    """The program of ZeroMQ, which knows nothing of all this."""

    def __init__(self):
        context = zmq.Context()
        self.out, self.back = context.socket(zmq.XPUB), context.socket(zmq.SUB)
        self.uri = f"tcp://127.0.0.1:{self.out.bind_to_random_port('tcp://127.0.0.1')}"
        self.back.subscribe(BACK)
        self.seen = []

    def is_subscribed(self):
        return self.out.poll(0) and self.out.recv() == b"\1" + OUT.encode()

    def has_seen(self, text):
        while self.back.poll(0):
            self.seen.append(self.back.recv_multipart()[1].decode())
        return find(text, self.seen)


def find(text, seen):
    return next((each for each in seen if text in each), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve_page():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def start_chromium(keep, url):
    folder = keep(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    # without a sandbox, which root has not: the page is that of this folder
    return keep(Program("Chromium", "chromium", "--headless", "--no-sandbox", "--no-first-run",
                        "--disable-gpu", f"--user-data-dir={folder}", url))


def main(keep):
    captain, origin, port = Captain(), serve_page(), free_port()

    def bridge(name, *addresses, topic):
        return keep(Program(name, "hein", "bridge", "--topic", topic, *addresses))

    nats = keep(Program("nats-server", "nats-server", "-a", "127.0.0.1", "-p", str(port)))
    nats.wait_to_say("Server is ready")
    witness = NatsWitness(port)
    out = bridge("bridge 1", "--dial", captain.uri, "--listen",
                 f"ws+mqtt://127.0.0.1:0?origin={origin}", topic=OUT)
    broker = out.wait_to_say(r"listening on (ws[+]mqtt://[^?]*)")[1]
    over = bridge("bridge 2", "--dial", broker, "--dial", f"tcp+nats://127.0.0.1:{port}",
                  topic=BACK)
    home = bridge("bridge 3", "--dial", f"tcp+nats://127.0.0.1:{port}", "--listen",
                  "tcp://127.0.0.1:0", topic=BACK)
    captain.back.connect(home.wait_to_say(r"listening on (tcp://\S*)")[1])
    out.wait_for(captain.is_subscribed, "subscribed to what pyzmq publishes")
    Handler.files = {
        "/": PAGE.read_bytes().replace(b"ws://BROKER", broker.replace("+mqtt", "").encode()),
        "/mqtt.min.js": LIBRARY.read_bytes()}
    chromium = start_chromium(keep, origin)
    chromium.wait_for(lambda: Handler.shown, "had its page subscribe by MQTT")
    over.wait_for(lambda: witness.seen, "brought to nats-server what the page says")
    home.wait_for(lambda: captain.has_seen("ready"), "brought to pyzmq what the page says")

    text = f"hello {secrets.token_hex(3)}"
    say("pyzmq", f"publishes {text!r} by ZeroMQ, at {captain.uri}")
    begin = time.monotonic()

    def tell(name, what):
        say(name, f"{what} ({1000 * (time.monotonic() - begin):.0f} ms)")

    captain.out.send_multipart([OUT.encode(), text.encode()])
    out.wait_for(lambda: find(text, Handler.shown), "brought the message to the page")
    say("bridge 1", f"brings it to MQTT, as the broker at {broker}")
    tell("Chromium", "shows it in a page, which answers by MQTT.js")
    answer = over.wait_for(lambda: find(text, witness.seen), "brought the answer to nats-server")
    say("bridge 2", f"brings that to NATS, at tcp+nats://127.0.0.1:{port}")
    tell("nats-server", f"passes {answer!r} on")
    back = home.wait_for(lambda: captain.has_seen(text), "brought the answer to pyzmq")
    say("bridge 3", "brings that to ZeroMQ")
    tell("pyzmq", f"has {back!r} back")


if not LIBRARY.exists():
    sys.exit(f"reach: there is no {LIBRARY}; `make demo-reach` installs it")
with contextlib.ExitStack() as stack:
    main(stack.enter_context)
