#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands that look into running buses: `hein ps` and `hein peers`."""

import contextlib
import json
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import tap
from tool_test import ANY, LIMIT_S, Running, has, run, same


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


# ---- who is there ----


def test_nobody():
    with Place() as place:
        for command in ("ps", "peers"):
            status, out, errors = place.run(command)
            same((status, out), (0, b""))
            has(errors, "no bus that can be looked into", "HEIN_INSPECT=1")
            status, out, errors = place.run(command, "bert")
            same((status, out), (1, b""))
            has(errors, "the process id or name 'bert'")


def test_lists():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.receive("carl", "--dial", uri)
        found = place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 1)
        same(sorted(found), ["bert", "carl"])
        same(found["bert"]["pid"], bert.process.pid)
        same(found["bert"]["program"], "hein receive")
        same(found["bert"]["endpoints"][0]["role"], "listen")
        same(found["bert"]["endpoints"][0]["bound-uri"], uri)
        status, out, errors = place.run("ps")
        same((status, errors), (0, ""))
        head, *rows = out.decode().splitlines()
        same(head.split(), ["PID", "PROGRAM", "NAME", "PEERS", "SENT", "RECEIVED",
                            "DROPPED", "ADDRESSES"])
        assert [row for row in rows if re.fullmatch(
            rf" *{bert.process.pid}  hein receive  bert +1 +0 +0 +0  "
            rf"listen {re.escape(uri)}", row)], rows


def test_counts():
    with Place() as place:
        _, uri = place.receive("bert")
        same(place.run("send", "--dial", uri, "--repeat", "3", "x"), (0, b"", ""))
        found = place.wait(
            lambda buses: buses["bert"]["bus"]["messages-received"] == 3
            and buses["bert"]["bus"]["peers"] == 0)
        same(found["bert"]["bus"]["messages-sent"], 0)


def test_one():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.receive("carl", "--dial", uri)
        place.receive("bert", "--dial", uri)
        for who in (str(bert.process.pid), "carl"):
            status, out, errors = place.run("ps", who)
            same((status, errors, len(out.splitlines())), (0, "", 2))
        same(len(place.run("ps", "bert")[1].splitlines()), 3)
        for wrong in ("ber", "bert-", "dora", "1", "99999999999999999999", "../x", ""):
            same(place.run("ps", wrong)[0], 1)
        status, _, errors = place.run("ps", "bert", "carl")
        same(status, 2)
        has(errors, "takes one process id or name, not 2")
        same(place.run("ps", "--timeout", "-1")[0], 2)


def test_peers():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.receive("carl", "--dial", uri)
        place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 1)
        status, out, errors = place.run("peers", "bert")
        same((status, errors), (0, ""))
        head, row = out.decode().splitlines()
        same(head.split(), ["NAME", "ADDRESS", "PROTOCOL", "SECURITY", "QUEUED", "SENT",
                            "RECEIVED", "DROPPED", "RTT", "NOTES"])
        assert re.fullmatch(r"carl  127\.0\.0\.1:\d+  tcp\+zmtp  none +0 +0 +0 +0 +\S.*",
                            row), row
        status, out, errors = place.run("peers", str(bert.process.pid), "--json")
        same((status, errors), (0, ""))
        peer = json.loads(out)
        same((peer["pid"], peer["bus"], peer["peer"]["name"]),
             (bert.process.pid, "bert", "carl"))
        status, out, errors = place.run("peers")
        same((status, errors), (0, ""))
        has(out.decode(), f"bert, process {bert.process.pid} (hein receive):\nNAME",
            "\n\ncarl, process ")


def test_off():
    with Place() as place:
        place.env["HEIN_INSPECT"] = "0"
        place.receive("bert")
        has(place.run("ps")[2], "no bus that can be looked into")


# ---- who does not answer ----


def test_stopped():
    with Place() as place:
        bert, uri = place.receive("bert")
        carl, _ = place.receive("carl", "--dial", uri)
        carl.process.send_signal(signal.SIGSTOP)
        os.waitpid(carl.process.pid, os.WUNTRACED)
        status, found = place.ps("--timeout", "0.5")
        same(status, 3)
        same(found["carl"]["problem"], "does not answer")
        same(found["bert"]["bus"]["name"], "bert")
        status, out, errors = place.run("ps", "--timeout", "0.5")
        same((status, errors), (3, ""))
        assert re.search(rf"{carl.process.pid}  hein receive  carl +- +- +- +-  "
                         "does not answer", out.decode()), out
        status, _, errors = place.run("peers", "carl", "--timeout", "0.5")
        same(status, 3)
        has(errors, f"carl, process {carl.process.pid}: does not answer: its program "
                    "may be stopped, busy or blocked")
        carl.process.send_signal(signal.SIGCONT)
        same(place.ps()[0], 0)
        same(bert.process.poll(), None)


def test_killed():
    """Whoever meets what a process has left removes it."""
    with Place() as place:
        bert, _ = place.receive("bert")
        (path,) = place.folder.iterdir()
        bert.process.kill()
        bert.process.wait()
        assert path.exists()
        status, out, errors = place.run("ps")
        same((status, out), (0, b""))
        has(errors, "no bus that can be looked into")
        same(list(place.folder.iterdir()), [])


def test_not_a_bus():
    with Place() as place:
        place.receive("bert")
        for name in ("1-file", "x-y", "-1-x", "0-x", "readme", "99999999999-x"):
            (place.folder / name).write_text("no socket")
        same(list(place.ps()[1]), ["bert"])


# ---- what is behind a socket may be anything ----

ESCAPES = "\x1b[2J\x07\u202e\x9b\r\n"
BUS = {"name": "evil", "peers": 1, "messages-sent": 1, "dropped": {}}


def line(value):
    return json.dumps(value).encode() + b"\n"


def say_all(*lines):
    def say(connection):
        connection.recv(4096)
        connection.sendall(b"".join(lines))
        connection.recv(1)
    return say


def test_terminal_is_safe():
    peer = {"name": ESCAPES, "address": ESCAPES, "transport": ESCAPES,
            "protocol": ESCAPES, "security": ESCAPES}
    with Place() as place:
        place.serve("evil%1B%5B2J", say_all(
            line({"hein": 1}), line({"bus": {**BUS, "name": ESCAPES}}),
            line({"endpoint": {"role": ESCAPES, "uri": ESCAPES, "state": ESCAPES}}),
            line({"peer": peer}), line({"end": True})))
        for args in (["ps"], ["ps", "--json"], ["peers"], ["peers", "--json"]):
            status, out, errors = place.run(*args)
            same((args, status), (args, 0))
            for text in (out.decode(), errors):
                found = [c for c in text if c != "\n" and (ord(c) < 32 or c in "\x7f\x9b\u202e")]
                same((args, found), (args, []))


def test_hostile():
    def endless(connection):
        while True:
            connection.sendall(b"x" * 65536)

    def many(connection):
        while True:
            connection.sendall(line({"peer": {"name": "x" * 1000}}) * 60)

    cases = {
        "garbage": (say_all(b"\xff\xfe\n"), "says what no bus says", 1),
        "no-json": (say_all(b"{,}\n"), "says what no bus says", 1),
        "deep": (say_all(b'{"bus":' + b"[" * 5000 + b"\n"), "says what no bus says", 1),
        "empty": (say_all(b"\n"), "says what no bus says", 1),
        "error": (say_all(line({"error": "no" + ESCAPES})), "no\\x1b[2J", 1),
        "gone": (lambda connection: None, "is gone", 1),
        "half": (say_all(b'{"bus":{"na'), "does not answer", 3),
        "silent": (lambda connection: connection.recv(5000) and connection.recv(1),
                   "does not answer", 3),
        "endless": (endless, "says more than any bus says", 1),
        "many": (many, "says more than any bus says", 1),
    }
    with Place() as place:
        place.receive("bert")
        for name, (say, error, wanted) in cases.items():
            path = place.serve(name, say)
            # what has an end of its own needs no hurry
            patience = "0.5" if wanted == 3 else "60"
            status, out, errors = place.run("peers", "--timeout", patience)
            same((name, status), (name, wanted))
            has(errors, f"{name}, process {os.getpid()}: {error}")
            has(out.decode(), "bert, process ")
            path.unlink()


def test_strange_members():
    """What is missing, or of another kind, is no reason to fail."""
    with Place() as place:
        place.serve("odd", say_all(
            line({"bus": 7}), line({"bus": {"name": 5, "peers": "many", "dropped": []}}),
            line({"bus": BUS}), line({"endpoint": None}), line({"endpoint": []}),
            line({"peer": []}), line({"peer": {"name": [], "queued-bytes": -1}}),
            line({"news": 1}), line({"end": True})))
        status, out, errors = place.run("ps")
        same((status, errors), (0, ""))
        has(out.decode(), "evil")
        for args in (["peers"], ["peers", "--json"], ["ps", "--json"]):
            status, out, errors = place.run(*args)
            same((args, status, errors), (args, 0, ""))


def test_folder_of_others():
    with Place() as place:
        place.receive("bert")
        place.folder.chmod(0o755)
        status, out, errors = place.run("ps")
        same((status, out), (1, b""))
        has(errors, f"{place.folder} can be entered by other users")
        place.folder.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(place.folder, 65534, 65534)
            status, out, errors = place.run("ps")
            same((status, out), (1, b""))
            has(errors, f"{place.folder} belongs to another user")
            os.chown(place.folder, 0, 0)
    for value, error in ((None, "XDG_RUNTIME_DIR is not set"),
                         ("here", "XDG_RUNTIME_DIR is not an absolute path")):
        env = {**os.environ, "XDG_RUNTIME_DIR": value or ""}
        status, out, errors = run("ps", env=env)
        same((status, out), (1, b""))
        has(errors, f"no bus can be looked into: {error}")


def test_socket_of_others():
    """What another user listens to is not asked, even in our folder."""
    if os.geteuid() != 0:
        raise tap.Skip("only root can be somebody else")
    with Place() as place:
        place.folder.mkdir(mode=0o700)
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(place.folder / f"{os.getpid()}-evil"))
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            server.listen()
            signal.pause()
        try:
            end = time.monotonic() + LIMIT_S
            # until it listens, nobody is there
            while (found := place.run("peers"))[0] != 1:
                assert time.monotonic() < end, found
            _, out, errors = found
            has(errors, "belongs to another user")
            same(out, b"")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            server.close()


sys.exit(tap.run_functions(globals()))
