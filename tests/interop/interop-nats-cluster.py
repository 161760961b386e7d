#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line and a cluster of three nats-servers, of which one is killed."""

import json
import os
import signal
import subprocess
import sys

import peer_tools
import processes
from nats_server import Cluster
from peer_tools import SECONDS, check, end_input, finish, start


def find_server(cluster, servers):
    """The one that sulu has subscribed at, when the others know of that: what is
    published there before goes to nobody."""
    here = cluster.wait_for(r"sulu.*<<- \[SUB ", servers)
    for server in servers:
        if server is not here:
            server.wait_for(r"<<- \[RS\+ \$G >\]")
    return here


def receive(cluster, uri, count, *arguments):
    """A `hein receive` that has subscribed, and the server that it is at."""
    cluster.forget()
    process = start("receive", "--dial", uri, "--name", "sulu", "--count", str(count),
                    *arguments)
    return process, find_server(cluster, cluster.servers)


def send(uri, *arguments):
    code, output, trouble = finish(start("send", "--dial", uri, "--name", "scotty",
                                         "--timeout", str(SECONDS), *arguments))
    check(code, 0, f"exit status ({trouble})")
    return output


def check_received(process, expected):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    check(peer_tools.payloads(output), expected, "what hein printed")


def others(cluster, server):
    return [other for other in cluster.servers if other is not server]


def follow(cluster, uri):
    """Loses the server that a receiver is at, and then the next one."""
    process, first = receive(cluster, uri, 3)
    send(cluster.uri(), "--topic", "t", "one")
    cluster.forget()
    first.kill()
    left = others(cluster, first)
    second = find_server(cluster, left)
    send(cluster.uri(servers=left), "--topic", "t", "two")
    second.kill()
    [third] = [server for server in left if server is not second]
    third.wait_for(r"sulu.*<<- \[SUB ")
    send(third.uri(), "--topic", "t", "three")
    check_received(process, ["one", "two", "three"])


def test_goes_on():
    """A receiver that knows all of them."""
    with Cluster() as cluster:
        follow(cluster, cluster.uri())


def test_follows():
    """One that knows a single one, which has named the others."""
    with Cluster() as cluster:
        follow(cluster, cluster.servers[0].uri("cluster=yes"))


def test_stays():
    """Without that word, nobody else is dialled."""
    with Cluster() as cluster:
        first = cluster.servers[0]
        process, _ = receive(cluster, first.uri(), 1)
        first.kill()
        cluster.forget()
        first.start()
        check(find_server(cluster, cluster.servers) is first, True, "the same one")
        check(sum(server.count("sulu") for server in others(cluster, first)), 0,
              "words of the others")
        send(cluster.uri(), "--topic", "t", "one")
        check_received(process, ["one"])


def test_lame_duck():
    """A server that is about to end is left in order, and nothing is lost."""
    with Cluster() as cluster:
        process, first = receive(cluster, cluster.uri(), 2, "--verbose")
        send(cluster.uri(), "--topic", "t", "one")
        cluster.forget()
        os.kill(first.process.pid, signal.SIGUSR2)
        find_server(cluster, others(cluster, first))
        send(cluster.uri(servers=others(cluster, first)), "--topic", "t", "two")
        check_received(process, ["one", "two"])


def say(process, text):
    process.stdin.write(text + "\n")
    process.stdin.flush()


def read_until(stream, word, lines):
    for line in stream:
        lines.append(line)
        if word in line:
            return
    raise AssertionError(f"no line has {word!r}: {lines}")


def test_flows():
    """While messages flow, the sender's server is killed: what has not come is counted
    by the sender, and what it sends afterwards goes to the next server."""
    with Cluster() as cluster:
        process = start("send", "--dial", cluster.uri(), "--name", "uhura", "--topic",
                        "t", "-", "--verbose", stdin=subprocess.PIPE)
        first = cluster.wait_for(r"uhura.*<<- \[PING\]")
        left = others(cluster, first)
        receiver, _ = receive(cluster, cluster.uri(servers=left), 1000000)
        processes.stop(first.process)
        n = 200
        for i in range(n):
            say(process, f"{i} " + "x" * 100)
        peer_tools.wait_until_written(first.port, "x" * 100 * n)
        cluster.forget()
        first.kill()
        trouble = []
        read_until(process.stderr, "peer-removed", trouble)
        read_until(process.stderr, "peer-added", trouble)
        cluster.wait_for(r"uhura.*<<- \[PING\]", left)
        say(process, "last")
        end_input(process)
        code, _, rest = finish(process)
        trouble = "".join(trouble) + rest
        check(code, 1, f"exit status ({trouble})")
        came = []
        for line in receiver.stdout:
            came.append(line.rstrip("\n").split("\t")[-1])
            if came[-1] == "last":
                break
        receiver.terminate()
        receiver.communicate()
        check(came, ["last"], "what came")
        check(f"{n} messages are in doubt" in trouble, True, trouble)


def js_api(uri, command, **details):
    """Asked again while there is no leader, and so nobody who answers."""
    code = 3
    while code == 3:
        code, output, trouble = finish(start(
            "request", "--dial", uri, "--name", "scotty", "--timeout", "2",
            "$JS/API/" + command.replace(".", "/"), json.dumps(details)))
    check(code, 0, f"exit status ({trouble})")
    return json.loads(output)


def make_stream(cluster):
    """Returns its leader. A cluster that has just begun has none."""
    cluster.wait_for("JetStream cluster new metadata leader")
    while True:
        made = js_api(cluster.uri(), "STREAM.CREATE.S", name="S", num_replicas=3,
                      subjects=["orders.>"])
        if "error" not in made:
            break
    name = made["cluster"]["leader"]
    return next(server for server in cluster.servers if server.name == name)


def read_back(server, count):
    """What the stream has, as libnats sees it."""
    reader = server.subscribe("back", count)
    made = js_api(server.uri(), "CONSUMER.CREATE.S", stream_name="S", config={
        "deliver_subject": "back", "deliver_policy": "all", "ack_policy": "none"})
    check("error" in made, False, made)
    output, trouble = reader.communicate(timeout=SECONDS)
    check(reader.returncode, 0, f"exit status of libnats ({trouble})")
    return {line.split("\t")[1] for line in output.splitlines()}


def test_replicas():
    """What a stream of three replicas has acknowledged is there when its leader has
    been killed, while more was being delivered."""
    with Cluster() as cluster:
        leader = make_stream(cluster)
        # a server that lives acknowledges nothing that went with the leader
        process = start("send", "--deliver", "--json", "--dial",
                        cluster.uri("jetstream=yes"), "--name", "uhura", "--topic",
                        "orders/1", "--timeout", "20", "-", stdin=subprocess.PIPE)
        acknowledged = []
        for i in range(1, 201):
            say(process, f"order {i}")
        for told in map(json.loads, process.stdout):
            if told.get("outcome") == "acknowledged":
                acknowledged.append(told["message"])
            if len(acknowledged) == 100:
                leader.kill()
                for i in range(201, 301):
                    say(process, f"order {i}")
                end_input(process)
        _, _, trouble = finish(process)
        check(len(acknowledged) >= 100, True, trouble)
        uri = cluster.uri(servers=others(cluster, leader))
        state = {"error": True}
        while "error" in state or not state["cluster"].get("leader"):
            state = js_api(uri, "STREAM.INFO.S")
        kept = read_back(others(cluster, leader)[0], state["state"]["messages"])
        missing = [i for i in acknowledged if f"order {i}" not in kept]
        check(missing, [], f"what was acknowledged and is not there ({trouble})")


TESTS = [test_goes_on, test_follows, test_stays, test_lame_duck, test_flows,
         test_replicas]


if __name__ == "__main__":
    sys.exit(peer_tools.run("nats-cluster", TESTS))
