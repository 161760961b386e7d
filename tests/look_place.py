# SPDX-License-Identifier: LGPL-2.1-or-later
"""Buses that are looked into, in a runtime folder of their own."""

import contextlib
import json
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import processes
from tool_test import ANY, LIMIT_S, Running, run, same


class Place:
    """A runtime folder of its own, and the buses in it."""

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        # short, as it becomes part of the name of a socket
        self.runtime = self.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="hein-", dir="/tmp"))
        self.folder = Path(self.runtime, "hein")
        self.env = {**os.environ, "XDG_RUNTIME_DIR": self.runtime}
        self.env.pop("HEIN_INSPECT", None)
        return self

    def __exit__(self, *_):
        self.stack.close()

    def run(self, *args):
        return run(*args, env=self.env)

    def receive(self, name, *args):
        """A receiver, and its address where it listens."""
        args = args or ("--listen", ANY)
        receiver = self.stack.enter_context(
            Running("receive", "--name", name, *args, env=self.env))
        uri = receiver.uri() if "--listen" in args else None
        if self.env.get("HEIN_INSPECT") != "0":
            self.wait(lambda _: self.run("ps", str(receiver.process.pid))[0] == 0)
        return receiver, uri

    def ps(self, *args):
        """Status, and what each bus says, by name."""
        status, out, errors = self.run("ps", "--json", *args)
        same(errors, "")
        found = [json.loads(line) for line in out.splitlines()]
        return status, {(bus.get("bus") or bus)["name"]: bus for bus in found}

    def wait(self, check):
        """Until what ps says passes."""
        end = time.monotonic() + LIMIT_S
        while not check(found := self.ps()[1]):
            assert time.monotonic() < end, found
        return found

    def serve(self, name, say, pid=None):
        """Something else behind a control socket: say(connection)."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / f"{pid or os.getpid()}-{name}"
        server = self.stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(str(path))
        server.listen()

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=talk, args=[connection], daemon=True).start()

        def talk(connection):
            with connection, contextlib.suppress(OSError):
                say(connection)

        threading.Thread(target=accept, daemon=True).start()
        self.stack.callback(server.shutdown, socket.SHUT_RDWR)
        return path


def stop(running):
    """It does nothing any more, until it goes on."""
    processes.stop(running.process)
