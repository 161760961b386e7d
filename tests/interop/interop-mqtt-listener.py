#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line as the broker of mosquitto's clients."""

import subprocess
import sys
import tempfile
from pathlib import Path

import peer_tools
from host_keys import Keys
from mqtt_broker import find
from peer_tools import SECONDS, check, finish, listen, start

VERSIONS = ("mqttv5", "mqttv311")


def receive(count, *options, address="tcp+mqtt://127.0.0.1:0"):
    """A `hein receive` that is the broker, and its port."""
    return listen("receive", address, "--count", str(count), "--name", "spock",
                  *options)


def publish(port, topic, text, *options):
    done = subprocess.run([find("mosquitto_pub"), "-p", str(port), "-t", topic, "-m",
                           text, *options], capture_output=True, text=True,
                          timeout=SECONDS)
    return done.returncode, done.stdout + done.stderr


def subscribe(port, topic, count, *options):
    """A mosquitto_sub that has subscribed, as it says."""
    process = subprocess.Popen(
        ["stdbuf", "-oL", find("mosquitto_sub"), "-p", str(port), "-t", topic, "-v", "-d", "-C",
         str(count), "-W", str(SECONDS), *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if line.startswith("Subscribed"):
            return process
    raise AssertionError("mosquitto_sub does not subscribe")


def said(process):
    """What a mosquitto_sub printed but for what it says of itself."""
    output = process.stdout.read()
    check(process.wait(SECONDS), 0, f"exit status of mosquitto_sub ({output})")
    return [line for line in output.splitlines() if not line.startswith(("Client ", "Received "))]


def check_received(process, expected):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    check([tuple(line.split("\t")) for line in output.splitlines()], expected,
          "what hein printed")


def test_sends():
    """A command that only sends is no client that wants no messages."""
    process, port = listen("send", "tcp+mqtt://127.0.0.1:0", "--topic", "log", "one")
    client = subprocess.run([find("mosquitto_sub"), "-p", str(port), "-t", "log", "-C", "1"],
                            capture_output=True, text=True, timeout=SECONDS, check=False)
    check(client.stdout, "one\n", f"what the client printed ({client.stderr})")
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_receives():
    """From named clients, QoS 0 and 1, in both versions."""
    process, port = receive(4)
    for version in VERSIONS:
        for qos in "01":
            code, trouble = publish(port, "a/b", "hello!", "-q", qos, "-V", version,
                                    "-i", f"{version}-{qos}")
            check(code, 0, trouble)
    check_received(process, [(f"{version}-{qos}", "a/b", "hello!")
                             for version in VERSIONS for qos in "01"])


def test_relays():
    """What one client publishes goes to those who have subscribed."""
    process, port = receive(5, "--topic", "a/")
    watchers = [subscribe(port, "a/+", 4, "-q", qos, "-V", version)
                for qos in "01" for version in VERSIONS]
    watchers.append(subscribe(port, "#", 5, "-i", "all"))
    publish(port, "a/b/c", "deep")
    for version in VERSIONS:
        for qos in "01":
            code, trouble = publish(port, "a/b", "x" * 20000, "-q", qos, "-V", version)
            check(code, 0, trouble)
    for watcher in watchers[:-1]:
        check(said(watcher), ["a/b " + "x" * 20000] * 4, "what came")
    check(said(watchers[-1])[0], "a/b/c deep", "what came")
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_shared():
    """Of each group one gets what a client publishes, or the bus sends."""
    process, port = receive(60)
    for version in VERSIONS:
        watchers = [subscribe(port, f"$share/{group}/{version}/+", n, "-q", "1", "-V", version)
                    for group, n in (("crew", 15), ("crew", 15), ("other", 30))]
        done = subprocess.run(
            [find("mosquitto_pub"), "-p", str(port), "-t", f"{version}/a", "-q", "1", "-l"],
            input="".join(f"{i}\n" for i in range(30)), text=True, timeout=SECONDS, check=False)
        check(done.returncode, 0, "exit status of mosquitto_pub")
        crew = said(watchers[0]) + said(watchers[1])
        wanted = [f"{version}/a {i}" for i in range(30)]
        check(sorted(crew), sorted(wanted), "what came to the crew")
        check(said(watchers[2]), wanted, "what came to the other group")
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_retained():
    """For those who come later, until an empty one comes."""
    process, port = receive(5)
    for version in VERSIONS:
        code, trouble = publish(port, f"lamps/{version}", "on", "-r", "-V", version)
        check(code, 0, trouble)
    for version in VERSIONS:
        check(sorted(said(subscribe(port, "lamps/#", 2, "-V", version))),
              ["lamps/mqttv311 on", "lamps/mqttv5 on"], "what is retained")
    publish(port, "lamps/mqttv5", "", "-r")
    publish(port, "doors", "open", "-r")
    check(said(subscribe(port, "+/+", 1)), ["lamps/mqttv311 on"], "what is retained")
    publish(port, "end", "x")
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_will():
    """Said for who is killed, to other clients and to the bus."""
    process, port = receive(1)
    watcher = subscribe(port, "status", 1)
    gone = subscribe(port, "x", 1, "-i", "kirk", "--will-topic", "status",
                     "--will-payload", "gone", "--will-qos", "1")
    gone.kill()
    check(said(watcher), ["status gone"], "the will")
    check_received(process, [("kirk", "status", "gone")])
    gone.communicate()


def test_not_there():
    """What is not there is refused, in words."""
    process, port = receive(1)
    code, trouble = publish(port, "a", "x", "-q", "2", "-V", "mqttv5")
    check("QoS not supported" in trouble, True, trouble)
    code, trouble = publish(port, "a", "x", "-q", "2", "-V", "mqttv311")
    check(code != 0, True, f"QoS 2: {trouble}")
    publish(port, "a", "x")
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_users():
    with tempfile.TemporaryDirectory() as folder:
        check_users(Path(folder) / "users")


def check_users(users):
    users.write_text("# ours\nkirk secret\n")
    users.chmod(0o600)
    process, port = receive(
        1, address=f"tcp+mqtt://127.0.0.1:0?users-file={users}")
    for version in VERSIONS:
        for options in ([], ["-u", "kirk", "-P", "wrong"], ["-u", "eve", "-P", "secret"]):
            code, trouble = publish(port, "a", "x", "-V", version, *options)
            check(code != 0, True, f"{options}: {trouble}")
    code, trouble = publish(port, "a", "x", "-u", "kirk", "-P", "secret", "-i", "ship")
    check(code, 0, trouble)
    check_received(process, [("ship", "a", "x")])
    users.chmod(0o644)
    process = start("receive", "--listen",
                    f"tcp+mqtt://127.0.0.1:0?users-file={users}")
    code, _, trouble = finish(process)
    check((code, "others" in trouble), (1, True), trouble)


def test_takes_over():
    """A newer connection has the client id."""
    process, port = receive(1)
    first = subscribe(port, "a", 1, "-i", "kirk", "-V", "mqttv5")
    second = subscribe(port, "a", 1, "-i", "kirk", "-V", "mqttv5")
    publish(port, "a", "x")
    check(said(second), ["a x"], "what came")
    first.kill()
    first.communicate()
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_heins():
    """One hein is the broker of others, which deliver to each other."""
    process, port = receive(2, "--topic", "a")
    address = f"tcp+mqtt://127.0.0.1:{port}"
    watcher = subscribe(port, "a", 2, "-q", "1")
    for version in ("5", "3.1.1"):
        code, _, trouble = finish(start(
            "send", "--dial", f"{address}?version={version}", "--name", "uhura",
            "--timeout", str(SECONDS), "--deliver", "--topic", "a", version))
        check(code, 0, f"exit status ({trouble})")
    check(said(watcher), ["a 5", "a 3.1.1"], "what came")
    check_received(process, [("uhura", "a", "5"), ("uhura", "a", "3.1.1")])


def test_asks():
    """What the broker serves, asked by mosquitto_rr and by a hein; and what passes between
    clients."""
    process, port = listen("serve", "tcp+mqtt://127.0.0.1:0", "--count", "2", "--exec",
                           "tr a-z A-Z", "shout")
    done = subprocess.run([find("mosquitto_rr"), "-p", str(port), "-V", "mqttv5", "-t", "shout",
                           "-e", "answers/here", "-m", "one", "-W", str(SECONDS), "-F", "%p"],
                          capture_output=True, text=True, timeout=SECONDS, check=True)
    check(done.stdout, "ONE\n", "the answer")
    watcher = subscribe(port, "other", 1, "-V", "mqttv5", "-F", "%R %p")
    other = start("request", "--dial", f"tcp+mqtt://127.0.0.1:{port}", "--timeout", "1", "other",
                  "x")
    check([line.split()[0].startswith("hein/inbox/") for line in said(watcher)], [True],
          "the response topic")
    finish(other)
    code, output, trouble = finish(start("request", "--dial", f"tcp+mqtt://127.0.0.1:{port}",
                                         "--timeout", str(SECONDS), "shout", "two"))
    check((code, output), (0, "TWO"), f"the answer ({trouble})")
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_certificates():
    """Inside TLS, where each client has a certificate of the same authority."""
    with Keys() as keys:
        keys.make_server()
        keys.make("dev", "subjectAltName=DNS:dev", "basicConstraints=CA:FALSE", by="ca")
        process, port = listen("receive", "tcp+mqtt://127.0.0.1:0?identity="
                               f"{keys.path('server')}&ca-file={keys.path('ca', 'crt')}",
                               "--count", "2")
        inside = ("-h", "localhost", "--cafile", keys.path("ca", "crt"), "-q", "1", "-i", "dev")
        code, _ = publish(port, "a", "nobody", *inside)
        check(code != 0, True, "a client without a certificate is refused")
        for version in VERSIONS:
            code, said_of_it = publish(port, "a", version, *inside, "-V", version, "--cert",
                                       keys.path("dev", "crt"), "--key",
                                       keys.path("dev", "key"))
            # the broker ends with the last message, maybe before its client does
            check(code in (0, 4), True, f"published ({said_of_it})")
        check_received(process, [("dev", "a", version) for version in VERSIONS])


def test_streams():
    """Over a socket of a path, and over WebSockets."""
    with tempfile.TemporaryDirectory(prefix="hein-mqtt-") as folder:
        path = Path(folder) / "broker"
        process = start("receive", "--listen", f"unix+mqtt://{path}", "--count", "1",
                        "--verbose")
        while "listening" not in process.stderr.readline():
            pass
        subprocess.run([find("mosquitto_pub"), "--unix", path, "-i", "kirk", "-t", "a", "-m",
                        "one"], check=True, timeout=SECONDS)
        check_received(process, [("kirk", "a", "one")])
    process, port = receive(1, address="ws+mqtt://127.0.0.1:0/mqtt")
    code, _, trouble = finish(start(
        "send", "--dial", f"ws+mqtt://127.0.0.1:{port}/mqtt", "--name", "uhura", "--timeout",
        str(SECONDS), "--deliver", "--topic", "a", "one"))
    check(code, 0, f"exit status ({trouble})")
    check_received(process, [("uhura", "a", "one")])


TESTS = [test_receives, test_relays, test_shared, test_retained, test_will, test_not_there, test_users,
         test_takes_over, test_sends, test_heins, test_asks, test_certificates, test_streams]


if __name__ == "__main__":
    sys.exit(peer_tools.run("mqtt-listener", TESTS))
