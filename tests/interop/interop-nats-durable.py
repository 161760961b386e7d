#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Durable consumers of nats-server, into which libnats looks."""

import contextlib
import json
import sys
import tempfile

import peer_tools
import processes
import tap
from nats_server import Server
from peer_tools import SECONDS, check, finish, start

DURABLE = ("stream=ORDERS", "durable=workers")
PULL = r"PUB \$JS\.API\.CONSUMER\.MSG\.NEXT\.ORDERS\.workers"
HOUR = 3600


@contextlib.contextmanager
def serve():
    """A server that keeps a stream."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(f'jetstream {{ store_dir: "{folder}" }}') as server:
        theirs(server, "create", "orders.>")
        yield server


def theirs(server, *words):
    """What libnats prints."""
    process = server.peer("js", "ORDERS", *words)
    output, trouble = process.communicate(timeout=SECONDS)
    check(process.returncode, 0, f"exit status of libnats ({trouble})")
    return output.strip()


def publish(server, *texts, subject="orders.1"):
    theirs(server, "publish", subject, *texts)


def wait_for_info(server, expected):
    """Not acknowledged, still to come, and come again."""
    tap.wait_until(lambda: theirs(server, "info", "workers") == expected, SECONDS)


def receive(server, *arguments, options=DURABLE, name="spock"):
    return start("receive", "--dial", server.uri(*options), "--name", name,
                 "--format", "json", *arguments)


def work(server, *arguments, name="spock"):
    """One that has pulled."""
    server.forget()
    process = receive(server, *arguments, name=name)
    server.wait_for(f"{name}.*{PULL}")
    return process


def check_came(process, expected):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    came = [json.loads(line) for line in output.splitlines()]
    check([one["payload"] for one in came], expected, "what came")
    return came


def get_times(message):
    return int(message["attributes"]["Nats-Num-Delivered"])


def test_made():
    """One that is not there is made, and goes on where it was."""
    with serve() as server:
        publish(server, "a", "b")
        check_came(work(server, "--count", "2", "--topic", "orders/"), ["a", "b"])
        wait_for_info(server, "0 0 0")
        publish(server, "c", "d", subject="orders.new.2")
        came = check_came(work(server, "--count", "1"), ["c"])
        check((came[0]["topic"], came[0]["attributes"]),
              ("orders/new/2", {"Nats-Sequence": "3", "Nats-Num-Delivered": "1"}),
              "what it says")
        check_came(work(server, "--count", "1", "--topic", "orders/"), ["d"])
        wait_for_info(server, "0 0 0")


def test_returned():
    """What a program has pulled and does not handle is there for the next one."""
    with serve() as server:
        theirs(server, "add", "workers", "", "pull", HOUR)
        publish(server, *"abcdefghij")
        check_came(work(server, "--count", "3"), ["a", "b", "c"])
        came = []
        worker = work(server)
        for line in worker.stdout:
            came.append(json.loads(line))
            if len(came) == 7:
                break
        worker.terminate()
        finish(worker)
        check(sorted(one["payload"] for one in came), list("defghij"), "what came")
        check({get_times(one) for one in came} <= {1, 2}, True, "times")
        tap.wait_until(lambda: theirs(server, "info", "workers").startswith("0 0 "),
                       SECONDS)


def test_shared():
    """Each message comes to one of several programs with the same durable."""
    with serve() as server:
        workers = [work(server, name=name) for name in ("spock", "uhura")]
        texts = [str(i) for i in range(200)]
        publish(server, *texts)
        wait_for_info(server, "0 0 0")
        came = []
        for worker in workers:
            worker.terminate()
            output = finish(worker)[1]
            came.append([json.loads(line)["payload"] for line in output.splitlines()])
        check(sorted(came[0] + came[1], key=int), texts, "what came")
        check(all(came), True, "to both")


def test_killed():
    """What a program that is killed has not acknowledged comes to another one."""
    with serve() as server:
        theirs(server, "add", "workers", "orders.>", "pull", 1)
        victim = work(server, "--topic", "orders/")
        processes.stop(victim)
        publish(server, *"abcde")
        wait_for_info(server, "5 0 0")
        victim.kill()
        victim.communicate(timeout=SECONDS)
        came = []
        worker = work(server, "--topic", "orders/", name="uhura")
        for line in worker.stdout:
            came.append(json.loads(line))
            if len(came) == 5:
                break
        worker.terminate()
        finish(worker)
        check(sorted(one["payload"] for one in came), list("abcde"), "what came")
        check(min(map(get_times, came)) > 1, True, "how often")
        check(theirs(server, "info", "workers")[0], "0", "not acknowledged")


def test_server_killed():
    """The consumer is bound again. What was acknowledged may come again: such a server
    has not written all of that down."""
    with serve() as server:
        worker = work(server, "--topic", "orders/")
        publish(server, "a", "b")
        wait_for_info(server, "0 0 0")
        server.kill()
        server.forget()
        server.start()
        server.wait_for(f"spock.*{PULL}")
        publish(server, "c", "d")
        came = []
        for line in worker.stdout:
            came.append(json.loads(line)["payload"])
            if came[-1] == "d":
                break
        worker.terminate()
        finish(worker)
        check(list(dict.fromkeys(came)), list("abcd"), "what came")


def test_deleted():
    """Who pulls from one that goes is told, and makes it anew."""
    with serve() as server:
        worker = work(server, "--verbose", "--count", "1")
        theirs(server, "delete", "workers")
        for line in worker.stderr:
            if "brings no more" in line:
                break
        check("Consumer Deleted" in line, True, line)
        publish(server, "a")
        check_came(worker, ["a"])


def fail(server, words, *arguments, options=DURABLE):
    process = start("receive", "--dial", server.uri(*options), "--timeout", "1",
                    "--verbose", *arguments)
    code, _, trouble = finish(process)
    check((code != 0, words in trouble), (True, True), trouble)


def test_errors():
    """What is said where it cannot be used."""
    with serve() as server:
        theirs(server, "add", "pushed", "orders.>", "push", 30)
        theirs(server, "add", "nobody", "orders.>", "none", 30)
        theirs(server, "add", "workers", "orders.new.>", "pull", 30)
        fail(server, "is a push consumer", options=("stream=ORDERS", "durable=pushed"))
        fail(server, 'acknowledgement policy "none"',
             options=("stream=ORDERS", "durable=nobody"))
        fail(server, 'brings "orders.new.>", and this program has subscribed to '
             '"orders.>"', "--topic", "orders/")
        fail(server, "has one subject as its filter", "--topic", "orders/1")
        fail(server, "stream not found", options=("stream=x", "durable=workers"))
        fail(server, "filter subject is not a valid subset", "--topic", "bills/",
             options=("stream=ORDERS", "durable=others"))
        fail(server, "need each other", options=("stream=ORDERS",))
    with Server() as server:
        fail(server, "no JetStream")


TESTS = [test_made, test_returned, test_shared, test_killed, test_server_killed,
         test_deleted, test_errors]


if __name__ == "__main__":
    sys.exit(peer_tools.run("nats-durable", TESTS))
