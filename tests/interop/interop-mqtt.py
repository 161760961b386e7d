#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against mosquitto and its clients."""

import json
import queue
import subprocess
import sys
import threading

import peer_tools
import processes
from host_keys import ELSEWHERE, HERE, Keys
from mqtt_broker import Broker, find
from peer_tools import SECONDS, check, finish, start, wait_until_written

VERSIONS = ("5", "3.1.1")


def said(process):
    """What mosquitto_sub printed."""
    output, trouble = process.communicate(timeout=SECONDS)
    check(process.returncode, 0, f"exit status of mosquitto_sub ({trouble})")
    return output.splitlines()


def receive(broker, count, *arguments, options=()):
    """A `hein receive` that has subscribed."""
    broker.forget()
    process = start("receive", "--dial", broker.uri(*options), "--name", "spock",
                    "--count", str(count), *arguments)
    broker.wait_for("Sending SUBACK to spock")
    return process


def send(broker, *arguments, options=()):
    return finish(start("send", "--dial", broker.uri(*options), "--name", "uhura",
                        "--timeout", str(SECONDS), *arguments))


def check_received(process, expected):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    check([tuple(line.split("\t")[1:]) for line in output.splitlines()], expected,
          "what hein printed")


def test_receives():
    """QoS 0, 1 and 2 of the publisher, both versions at both sides."""
    with Broker() as broker:
        for version in VERSIONS:
            process = receive(broker, 4, options=[f"version={version}"])
            broker.publish("a/b", "hello!")
            broker.publish("a/c", "Grüße", "-q", "1", "-V", "mqttv5")
            broker.publish("a/c", "two", "-q", "2", "-V", "mqttv311")
            broker.publish("d", "x" * 100000, "-q", "1")
            check_received(process, [("a/b", "hello!"), ("a/c", "Grüße"),
                                     ("a/c", "two"), ("d", "x" * 100000)])
            # every one of QoS 1 was acknowledged before it went
            broker.wait_for("Client spock disconnected")
            check(broker.count("Received PUBACK from spock"), 3, "acknowledgements")


def test_sends():
    with Broker() as broker:
        for version in VERSIONS:
            for theirs in ("mqttv5", "mqttv311"):
                process = broker.subscribe("#", 4, "-V", theirs, "-q", "1")
                code, _, trouble = send(broker, "--topic", "a/b", "hello!", "Grüße",
                                        options=[f"version={version}"])
                check(code, 0, f"exit status ({trouble})")
                code, _, trouble = send(broker, "--topic", "c", "--deliver", "one",
                                        "x" * 100000, options=[f"version={version}"])
                check(code, 0, f"exit status ({trouble})")
                check(said(process), ["a/b hello!", "a/b Grüße", "c one",
                                      "c " + "x" * 100000], "what came")


def test_topics():
    """Of what a filter lets through, a prefix may be less; retained values come
    first."""
    with Broker() as broker:
        broker.publish("lamps/1", "on", "-r")
        broker.publish("doors/1", "open", "-r")
        process = receive(broker, 3, "--topic", "lamps/1", "--topic", "clo")
        broker.publish("lamps/2", "off")
        broker.publish("lamps/12", "off")
        broker.publish("clock", "12:00", "-q", "1")
        check_received(process, [("lamps/1", "on"), ("lamps/12", "off"),
                                 ("clock", "12:00")])


def test_patterns():
    """What a pattern does not match is passed over, with QoS 1, too."""
    with Broker() as broker:
        for version in VERSIONS:
            process = receive(broker, 3, "--pattern", "house/*/light", "--pattern",
                              "garden/**", options=[f"version={version}"])
            for topic in ("house/hall/light", "house/hall/door", "house/light",
                          "garden", "garden/gate/light", "other"):
                broker.publish(topic, "on", "-q", "1")
            check_received(process, [(topic, "on") for topic in (
                "house/hall/light", "garden", "garden/gate/light")])


def test_retained():
    """With `retain` the broker keeps what is published, and an empty message ends
    that."""
    with Broker() as broker:
        for version in VERSIONS:
            code, _, trouble = send(broker, "--topic", "lamps/1", "off", "on",
                                    options=["retain=yes", f"version={version}"])
            check(code, 0, f"exit status ({trouble})")
            code, _, trouble = send(broker, "--topic", "lamps/2", "--deliver", "on",
                                    options=["retain=yes", f"version={version}"])
            check(code, 0, f"exit status ({trouble})")
            code, _, trouble = send(broker, "--topic", "lamps/3", "on",
                                    options=[f"version={version}"])
            check(code, 0, f"exit status ({trouble})")
            check(sorted(said(broker.subscribe("lamps/#", 2))),
                  ["lamps/1 on", "lamps/2 on"], "what is kept")
            for lamp in "12":
                send(broker, "--topic", f"lamps/{lamp}", "",
                     options=["retain=yes", f"version={version}"])
            broker.publish("lamps/4", "on", "-r")
            check(said(broker.subscribe("lamps/#", 1)), ["lamps/4 on"],
                  "what is kept")
            broker.publish("lamps/4", "", "-r")


def test_only_sends():
    """A command that only sends asks for nothing, unless told to."""
    with Broker() as broker:
        for options, n in (([], 0), (["version=5"], 0), (["subscribe=yes"], 1)):
            broker.forget()
            send(broker, "--topic", "a", "x", options=options)
            broker.wait_for("Client uhura disconnected")
            check(broker.count("Received SUBSCRIBE"), n, f"subscriptions {options}")


def test_not_topics():
    """What cannot be published is said, and counts."""
    with Broker() as broker:
        for topic, reason in (("a/+", "stand for others"), ("", "no empty topic")):
            code, _, trouble = send(broker, "--topic", topic, "--verbose", "x")
            check(code, 1, f"exit status ({trouble})")
            check(reason in trouble, True, trouble)


def test_nobody():
    """A broker of MQTT 5 says that nobody has subscribed."""
    with Broker() as broker:
        code, _, trouble = send(broker, "--topic", "a", "--deliver", "x")
        check(code, 1, f"exit status ({trouble})")
        check("nobody has subscribed" in trouble, True, trouble)
        code, _, trouble = send(broker, "--topic", "a", "--deliver", "x",
                                options=["version=3.1.1"])
        check(code, 0, f"exit status ({trouble})")


def test_two_heins():
    """Content types go through MQTT 5; what one sends does not come back."""
    with Broker() as broker:
        process = receive(broker, 1, "--format", "json")
        code, _, trouble = send(broker, "--topic", "a", "--type", "text/plain", "x")
        check(code, 0, f"exit status ({trouble})")
        code, output, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")
        message = json.loads(output)
        check((message["topic"], message["content-type"], message["payload"]),
              ("a", "text/plain", "x"), "the message")
        code, _, trouble = send(broker, "--topic", "a", "--type", "text/plain",
                                "--verbose", "x", options=["version=3.1.1"])
        check(code, 1, f"exit status ({trouble})")
        check("no content type" in trouble, True, trouble)


def ask(broker, *arguments, options=()):
    return finish(start("request", "--dial", broker.uri(*options), "--timeout", str(SECONDS),
                        *arguments))


def serve(broker, count, pattern, command, options=()):
    """A `hein serve` that has subscribed."""
    broker.forget()
    process = start("serve", "--dial", broker.uri(*options), "--name", "scotty", "--count",
                    str(count), "--exec", command, pattern)
    broker.wait_for("Sending SUBACK to scotty")
    return process


def ask_by_mosquitto(broker, topic, text):
    """What mosquitto_rr, which asks with a response topic, is answered."""
    done = subprocess.run([find("mosquitto_rr"), "-p", str(broker.port), "-V", "mqttv5", "-t",
                           topic, "-e", "answers/here", "-m", text, "-W", str(SECONDS),
                           "-F", "%p"], capture_output=True, text=True, timeout=SECONDS,
                          check=True)
    return done.stdout.strip()


def test_serves():
    """What hein serves, asked by mosquitto_rr and by heins."""
    with Broker() as broker:
        process = serve(broker, 3, "shout", "tr a-z A-Z")
        for text in ("one", "two"):
            check(ask_by_mosquitto(broker, "shout", text), text.upper(), "the answer")
        code, output, trouble = ask(broker, "shout", "three")
        check((code, output), (0, "THREE"), f"the answer ({trouble})")
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")
        process = serve(broker, 1, "fail", "sh -c 'cat >/dev/null; exit 7'")
        code, output, trouble = ask(broker, "fail", "x")
        check((code != 0, output), (True, ""), "exit status")
        check("(7)" in trouble, True, trouble)
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")


def test_nobody_answers():
    """Known at once; and MQTT 3.1.1 has no requests."""
    with Broker() as broker:
        code, output, trouble = ask(broker, "shout", "x")
        check((code != 0, output), (True, ""), "exit status")
        check("nobody has subscribed" in trouble, True, trouble)
        code, output, trouble = ask(broker, "shout", "x", options=["version=3.1.1"])
        check((code != 0, output), (True, ""), "exit status")
        check("carries no requests" in trouble, True, trouble)


def test_will():
    """Said for who is killed, and not for who goes."""
    with Broker() as broker:
        will = ["will-topic=status", "will=gone"]
        watcher = broker.subscribe("status", 1)
        process = receive(broker, 1, options=will)
        broker.publish("a", "x")
        check_received(process, [("a", "x")])
        broker.wait_for("Client spock disconnected")
        process = receive(broker, 1, options=[*will[:1], "will=killed"])
        process.kill()
        finish(process)
        check(said(watcher), ["status killed"], "the will")


def test_password():
    with Broker(password="secret") as broker:
        file = broker.folder / "password"

        def write(text):
            file.write_text(text)
            file.chmod(0o600)
        for version in VERSIONS:
            options = [f"version={version}", "user=kirk", f"password-file={file}"]
            write("secret\n")
            code, _, trouble = send(broker, "--topic", "a", "x", options=options)
            check(code, 0, f"exit status ({trouble})")
            write("wrong\n")
            process = start("send", "--dial", broker.uri(*options), "--timeout", "1",
                            "--topic", "a", "--verbose", "x")
            code, _, trouble = finish(process)
            check(code, 3, f"exit status ({trouble})")
            check("password-file" in trouble, True, trouble)
        file.chmod(0o644)
        code, _, trouble = send(broker, "--topic", "a", "x", options=options)
        check(code, 1, f"exit status ({trouble})")
        check("others" in trouble, True, trouble)


def test_certificate():
    """A broker with a certificate is believed when that is of its host."""
    for names, code, word in ((HERE, 0, ""), (ELSEWHERE, 3, "of another host")):
        with Keys() as keys:
            keys.make_server(names)
            with Broker(f"certfile {keys.path('server', 'crt')}",
                        f"keyfile {keys.path('server', 'key')}") as broker:
                process = start("send", "--dial", broker.uri(*keys.options()),
                                "--timeout", "1" if code else str(SECONDS),
                                "--topic", "a", "--verbose", "x")
                status, _, trouble = finish(process)
                check((status, word in trouble), (code, True), trouble)


def test_access():
    """Who may not subscribe to what it wants is told."""
    with Broker("max_packet_size 2000") as broker:
        code, _, trouble = send(broker, "--topic", "a", "--verbose", "x" * 3000)
        check(code, 1, f"exit status ({trouble})")
        check("the broker takes 2000" in trouble, True, trouble)


def test_session():
    """What is not handled when a program is killed comes again, and so does what
    came meanwhile."""
    with Broker() as broker:
        options = ["client-id=spock", "session-s=600"]
        for version in VERSIONS:
            session = [*options, f"version={version}"]
            process = receive(broker, 100, "--topic", "t/", options=session)
            broker.publish("t/1", "one", "-q", "1")
            broker.wait_for("Received PUBACK from spock")
            process.kill()
            finish(process)
            broker.publish("t/1", "two", "-q", "1")
            broker.publish("t/1", "three", "-q", "1")
            check_received(start("receive", "--dial", broker.uri(*session), "--name",
                                 "spock", "--topic", "t/", "--count", "2"),
                           [("t/1", "two"), ("t/1", "three")])


def test_broker_killed():
    """What the broker has acknowledged was there, what it may have got is unknown,
    and the rest goes when it is back."""
    with Broker() as broker:
        # a broker that is killed in the midst of a greeting closes without a word, as
        # those do that do not know the version: it would be tried with another
        process = start("send", "--dial", broker.uri("subscribe=yes", "version=5"), "--name",
                        "uhura", "--topic", "t", "--deliver", "--json", "-", stdin=subprocess.PIPE)

        def say(text):
            process.stdin.write(text + "\n")
            process.stdin.flush()

        def next_outcome():
            said = json.loads(process.stdout.readline())
            return said["message"], said["outcome"]
        say("first")
        check(next_outcome(), (1, "acknowledged"), "the first")
        processes.stop(broker.process)
        stopped = "stopped" * 1000
        say(stopped)
        wait_until_written(broker.port, stopped)
        broker.kill()
        check(next_outcome(), (2, "unknown"), "the one that was sent")
        broker.forget()
        broker.start()
        broker.wait_for("New client connected .* as uhura")
        say("last")
        check(next_outcome(), (3, "acknowledged"), "the last one")
        code, _, trouble = finish(process)
        check(code, 1, f"exit status ({trouble})")
        check("in doubt" in trouble, True, trouble)


def test_share():
    """Of those in a group, one gets each message."""
    with Broker() as broker:
        members = []
        for name in ("kirk", "spock"):
            broker.forget()
            members.append(start("receive", "--dial", broker.uri("share=crew"), "--name", name,
                                 "--topic", "t/"))
            broker.wait_for(f"Sending SUBACK to {name}")
        came = queue.Queue()

        def collect(i):
            for line in members[i].stdout:
                came.put((i, line.split("\t")[-1].strip()))
        for i in range(2):
            threading.Thread(target=collect, args=[i], daemon=True).start()
        for i in range(20):
            broker.publish("t/a", str(i), "-q", "1")
        got = [came.get(timeout=SECONDS) for _ in range(20)]
        broker.publish("t/a", "last")
        check(came.get(timeout=SECONDS)[1], "last", "nothing came twice")
        check(sorted(int(text) for _, text in got), list(range(20)), "what came")
        check({i for i, _ in got}, {0, 1}, "who got something")
        for member in members:
            member.terminate()
            finish(member)


def test_share_not_there():
    """What the broker does not have, or the version, is an error in words."""
    with Broker() as broker:
        for options, what in ((("share=a/b",), "share is"),
                              (("share=crew", "version=3.1.1"), "needs MQTT 5")):
            code, _, trouble = finish(start("receive", "--dial", broker.uri(*options)))
            check((code, what in trouble), (2, True), trouble)


TESTS = [test_receives, test_sends, test_topics, test_patterns, test_retained,
         test_only_sends, test_not_topics, test_nobody, test_two_heins, test_serves,
         test_nobody_answers, test_will, test_share, test_share_not_there,
         test_password, test_certificate, test_access, test_session, test_broker_killed]


if __name__ == "__main__":
    sys.exit(peer_tools.run("mqtt", TESTS))
