#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command `hein log`: what happens at a running bus."""

import contextlib
import json
import re
import select
import socket
import sys
import time
from pathlib import Path

import tap
from look_place import Place, stop
from tool_test import LIMIT_S, Running, has, run, same

def test_log():
    """What the program does not show; and when nobody listens any more it is as
    before."""
    with Place() as place:
        bert, uri = place.receive("bert")

        def disturb():
            """Somebody speaks another protocol, which is logged."""
            address = re.fullmatch(r"tcp://(.*):(\d+)", uri)
            with socket.create_connection(address.groups()) as stranger, \
                    contextlib.suppress(OSError):
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 5)
                while stranger.recv(4096):
                    pass

        def log(*args):
            """What is logged until that is enough."""
            listener = place.stack.enter_context(Running("log", *args, env=place.env))
            end = time.monotonic() + LIMIT_S
            while listener.process.poll() is None:
                assert time.monotonic() < end
                disturb()
            return listener.end()

        def hear(*args):
            """A log that has heard something, and so listens."""
            listener = place.stack.enter_context(Running("log", *args, env=place.env))
            end = time.monotonic() + LIMIT_S
            while not select.select([listener.process.stdout], [], [], 0)[0]:
                assert time.monotonic() < end
                disturb()
            return listener

        status, out, errors = log("bert", "--count", "1")
        same((status, errors), (0, ""))
        said, pid, level, domain, text = out.decode().rstrip("\n").split("\t")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", said), out
        same((pid, level, domain), (str(bert.process.pid), "info", "Hein"))
        has(text, "came to nothing: the peer does not speak ZMTP 3: it looks like HTTP")
        status, out, errors = log("bert", "--count", "1", "--json", "--level", "debug")
        same((status, errors), (0, ""))
        found = json.loads(out)
        same(found["pid"], bert.process.pid)
        # two at a time, of which one goes
        first = hear("bert")
        same(log("--count", "1")[0], 0)
        first.interrupt()
        status, _, errors = first.end()
        same((status, errors), (0, ""))
        last = hear("bert")
        same(log("--count", "1")[0], 0)
        bert.interrupt()
        _, _, shown = bert.end()
        same(shown, "")  # of what was heard it shows nothing itself
        status, _, errors = last.end()
        same(status, 1)
        has(errors, "is gone")
        for args, error in ((["--level", "loud"], "not loud"), (["--count", "0"], "at least 1")):
            status, out, errors = place.run("log", *args)
            same((status, out), (2, b""))
            has(errors, error)


def test_log_domains():
    """Everything of hein that logs is heard."""
    source = Path(__file__).resolve().parent.parent
    heard = set(re.findall(r'"(Hein[\w.]*)"', re.search(
        r"domains\[\] = \{(.*?)\};", (source / "hein/inspect/hein-inspect-log.c").read_text(),
        re.S)[1]))
    built = {found for folder in ("hein", "plugins")
             for path in (source / folder).rglob("meson.build")
             for found in re.findall(r'G_LOG_DOMAIN="(Hein(?:\.\w+)?)"', path.read_text())}
    same(heard, built)


# ---- what the bus tells its program ----


def listen(place, who):
    """A log that has begun to listen."""
    log = place.stack.enter_context(Running("log", who, env=place.env))
    return log, lambda: log.process.stdout.readline().decode().split("\t")


def test_peers():
    """Who comes, and who goes and why: in order, or killed."""
    with Place() as place:
        _, uri = place.receive("bert")
        carl, _ = place.receive("carl", "--dial", uri)
        place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 1)
        log, read = listen(place, "bert")
        # until it listens nothing is heard
        while log.process.poll() is None:
            same(run("send", "--name", "anna", "--dial", uri, "x", env=place.env)[0], 0)
            if select.select([log.process.stdout], [], [], 0)[0]:
                break
        while (found := read())[4].rstrip() != "peer-removed anna":
            assert re.fullmatch(r"peer-added anna \(127\.0\.0\.1:\d+, none\)\n", found[4])
        carl.process.kill()
        _, _, level, domain, text = read()
        while "anna" in text:
            _, _, level, domain, text = read()
        same((level, domain), ("info", "Hein"))
        assert re.match("peer-removed carl: .+ended without a goodbye", text), text


def test_failed_before():
    """What failed before anybody listened comes first."""
    with Place() as place:
        place.receive("carl")
        place.receive("bert", "--dial", "unix:///nowhere/at/all")
        place.wait(lambda buses: "waiting" in buses["bert"]["endpoints"][0]["state"])
        status, out, errors = place.run("log", "bert", "--count", "1")
        same((status, errors), (0, ""))
        has(out.decode(), "\twarning\tHein\tfailed before: unix:///nowhere/at/all: ",
            "No such file or directory")
        has(place.run("ps", "bert")[1].decode(),
            "(waiting: /nowhere/at/all: No such file or directory)")


def test_dropped():
    """Once a second at most, and the number of those in between."""
    with Place() as place:
        bert, uri = place.receive("bert")
        place.stack.enter_context(Running(
            "send", "--name", "anna", "--dial", uri + "?overflow=drop-newest", "--repeat",
            "0", "--file", __file__, env=place.env))
        place.wait(lambda buses: "anna" in buses and buses["anna"]["bus"]["peers"] == 1)
        stop(bert)
        _, read = listen(place, "anna")
        _, _, level, _, first = read()
        same(level, "warning")
        assert re.fullmatch(r"dropped \d+ of bert: overflow\n", first), first
        second = read()[4]
        assert re.fullmatch(r"dropped \d+ of bert: overflow; since the last such line \d+ "
                            r"others, of all peers\n", second), second


sys.exit(tap.run_functions(globals()))
