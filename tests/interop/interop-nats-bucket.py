#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bucket of nats-server, into which hein and libnats look."""

import contextlib
import json
import signal
import sys
import tempfile

import peer_tools
import processes
import processes
from nats_server import Server
from peer_tools import SECONDS, check, finish, start


@contextlib.contextmanager
def serve(*lines):
    """A server that keeps a bucket."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(f'jetstream {{ store_dir: "{folder}" }}', *lines) as server:
        theirs(server, "create")
        yield server


def theirs(server, *words, bucket="house"):
    """What libnats prints."""
    process = server.peer("kv", bucket, *words)
    output, trouble = process.communicate(timeout=SECONDS)
    check(process.returncode, 0, f"exit status of libnats ({trouble})")
    return output.strip()


def send(server, *arguments, options=("bucket=house",), timeout=SECONDS):
    return finish(start("send", "--dial", server.uri(*options), "--name", "uhura",
                        "--timeout", str(timeout), "--verbose", *arguments))


def put(server, topic, *values):
    code, _, trouble = send(server, "--deliver", "--topic", topic, *values)
    check(code, 0, f"exit status ({trouble})")


def watch(server, count, *arguments):
    """A `hein receive`, once the server has made its consumers."""
    server.forget()
    process = start("receive", "--dial", server.uri("bucket=house"), "--name",
                    "spock", "--count", str(count), "--format", "json", *arguments)
    server.wait_for(r'spock.*->> \[MSG _INBOX\.\w+\.C')
    return process


def check_came(process, expected):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    came = [json.loads(line) for line in output.splitlines()]
    check([(one["topic"], one["payload"]) for one in came],
          expected, "what came")
    return came


def test_puts():
    """What is sent is what libnats gets, and an empty message deletes it."""
    with serve() as server:
        put(server, "lamps/1", "off", "on")
        check(theirs(server, "get", "lamps.1"), "on", "the value")
        check(theirs(server, "get", "lamps.2"), "none", "another key")
        code, _, trouble = send(server, "--topic", "lamps/2", "dim")
        check(code, 0, f"exit status ({trouble})")
        check(theirs(server, "get", "lamps.2"), "dim", "the value")
        put(server, "lamps/1", "")
        check(theirs(server, "get", "lamps.1"), "none", "what was deleted")
        code, _, trouble = send(server, "--topic", "lamps/ü", "x")
        check((code, "no key of a bucket" in trouble), (1, True), trouble)


def test_watches():
    """The last values come first, and then what is put."""
    with serve() as server:
        for key, value in (("lamps.1", "off"), ("lamps.2", "off"), ("doors.1", "shut"),
                           ("lamps.1", "on")):
            theirs(server, "put", key, value)
        process = watch(server, 5, "--topic", "lamps/")
        theirs(server, "put", "lamps.3", "dim")
        theirs(server, "put", "doors.1", "open")
        put(server, "lamps/2", "on")
        theirs(server, "delete", "lamps.1")
        came = check_came(process, [("lamps/2", "off"), ("lamps/1", "on"),
                                    ("lamps/3", "dim"), ("lamps/2", "on"),
                                    ("lamps/1", "")])
        check(came[-1]["attributes"], {"KV-Operation": "DEL"}, "what says so")
        process = watch(server, 2, "--pattern", "*/1", "--pattern", "doors/**")
        check_came(process, [("doors/1", "open"), ("lamps/1", "")])
        theirs(server, "purge", "lamps.2")
        process = watch(server, 1, "--topic", "lamps/2")
        came = check_came(process, [("lamps/2", "")])
        check(came[0]["attributes"]["KV-Operation"], "PURGE", "what says so")


def test_gets():
    """Without a subscription, by `hein get`."""
    with serve() as server:
        put(server, "lamps/1", "on")

        def get(topic):
            return finish(start("get", "--timeout", str(SECONDS),
                                server.uri("bucket=house", "subscribe=no"), topic))
        code, output, trouble = get("lamps/1")
        check((code, output.strip()), (0, "on"), trouble)
        put(server, "lamps/1", "")
        for topic in ("lamps/1", "lamps/2"):
            code, output, trouble = get(topic)
            check((code != 0, output), (True, ""), trouble)
            check("the bucket has no value" in trouble, True, trouble)


def api(server, command, details):
    code, output, trouble = finish(start(
        "request", "--dial", server.uri("subscribe=no"), "--timeout", str(SECONDS),
        "$JS/API/" + command, json.dumps(details)))
    check(code, 0, f"exit status ({trouble})")
    return json.loads(output)


def test_none():
    """Nobody waits for a bucket that is not there, nor for JetStream."""
    for lines, words in ((["jetstream { store_dir: FOLDER }"], "nats kv add house"),
                         ([], "no JetStream")):
        with Server(*lines) as server:
            code, _, trouble = finish(start(
                "receive", "--dial", server.uri("bucket=house"), "--timeout", "1",
                "--verbose"))
            check((code != 0, words in trouble), (True, True), trouble)


def test_server_killed():
    """A watcher has the last values again when the server is back."""
    with serve() as server:
        put(server, "lamps/1", "on")
        process = watch(server, 4, "--topic", "lamps/")
        put(server, "lamps/2", "on")
        server.kill()
        server.start()
        check_came(process, [("lamps/1", "on"), ("lamps/2", "on"),
                             ("lamps/1", "on"), ("lamps/2", "on")])


def test_consumer_gone():
    """One that is deleted is missed, and what has come is left out."""
    with serve() as server:
        put(server, "lamps/1", "on")
        process = watch(server, 2, "--topic", "lamps/")
        names = api(server, "CONSUMER/NAMES/KV_house", {})["consumers"]
        check(len(names), 1, "consumers")
        done = api(server, f"CONSUMER/DELETE/KV_house/{names[0]}", {})
        check(done.get("success"), True, done)
        put(server, "lamps/2", "on")
        check_came(process, [("lamps/1", "on"), ("lamps/2", "on")])


def test_slow():
    """Who does not take anything for a while has the newest value in the end, and
    nothing twice or in another order."""
    with serve() as server:
        put(server, "lamps/1", "0")
        process = watch(server, 1000, "--topic", "lamps/")
        processes.stop(process)
        put(server, "lamps/1", *(f"{i} " + "x" * 5000 for i in range(1, 301)))
        put(server, "lamps/2", "end")
        process.send_signal(signal.SIGCONT)
        came = []
        for line in process.stdout:
            came.append(json.loads(line))
            if came[-1]["topic"] == "lamps/2":
                break
        process.terminate()
        finish(process)
        values = [int(one["payload"].split()[0]) for one in came[:-1]]
        check(values, sorted(set(values)), "the order")
        check((values[0], values[-1]), (0, 300), "the first and the last")


TESTS = [test_puts, test_watches, test_gets, test_none, test_server_killed,
         test_consumer_gone, test_slow]


if __name__ == "__main__":
    sys.exit(peer_tools.run("nats-bucket", TESTS))
