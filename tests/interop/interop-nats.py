#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against nats-server, and libnats behind it."""

import base64
import json
import queue
import subprocess
import sys
import tempfile
import threading

import peer_tools
import processes
from nats_server import Server
from peer_tools import SECONDS, check, end_input, finish, start, wait_until_written


def said(process):
    """What a program of libnats printed."""
    output, trouble = process.communicate(timeout=SECONDS)
    check(process.returncode, 0, f"exit status of libnats ({trouble})")
    return [tuple(line.split("\t")) for line in output.splitlines()]


def receive(server, count, *arguments, options=(), subject=""):
    """A `hein receive` that has subscribed."""
    server.forget()
    process = start("receive", "--dial", server.uri(*options), "--name", "spock",
                    "--count", str(count), *arguments)
    server.wait_for(rf"spock.*<<- \[SUB {subject}")
    return process


def send(server, *arguments, options=()):
    return finish(start("send", "--dial", server.uri(*options), "--name", "uhura",
                        "--timeout", str(SECONDS), *arguments))


def check_sent(server, *arguments, options=()):
    code, _, trouble = send(server, *arguments, options=options)
    check(code, 0, f"exit status ({trouble})")


def check_received(process, expected):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    check([tuple(line.split("\t")[1:]) for line in output.splitlines()], expected,
          "what hein printed")


def test_two_heins():
    """What one sends comes to the other, and not back to itself."""
    with Server() as server:
        process = receive(server, 2, "--topic", "lamps/")
        check_sent(server, "--topic", "lamps/1", "on")
        check_sent(server, "--topic", "doors/1", "open")
        check_sent(server, "--topic", "lamps/2/colour", "x" * 100000)
        check_received(process, [("lamps/1", "on"), ("lamps/2/colour", "x" * 100000)])
        process = start("send", "--dial", server.uri("subscribe=yes"), "--name",
                        "uhura", "--topic", "t", "--verbose", "x")
        code, _, trouble = finish(process)
        check((code, "dropped" in trouble), (0, False), trouble)


def test_receives():
    with Server() as server:
        process = receive(server, 3, subject="> 1")
        server.publish("a.b", "hello!", "Grüße")
        server.publish("c", "x" * 100000)
        check_received(process, [("a/b", "hello!"), ("a/b", "Grüße"),
                                 ("c", "x" * 100000)])


def test_sends():
    with Server() as server:
        process = server.subscribe(">", 3)
        check_sent(server, "--topic", "a/b", "hello!", "Grüße")
        check_sent(server, "--topic", "c", "x" * 100000)
        check(said(process), [("a.b", "hello!"), ("a.b", "Grüße"),
                              ("c", "x" * 100000)], "what came")


def test_topics():
    """A prefix that ends within a level is compared here."""
    with Server() as server:
        process = receive(server, 3, "--topic", "lamps/1", "--topic", "clo")
        server.publish("lamps.1", "on")
        server.publish("lamps.2", "off")
        server.publish("lamps.12", "off")
        server.publish("clock", "12:00")
        check_received(process, [("lamps/1", "on"), ("lamps/12", "off"),
                                 ("clock", "12:00")])


def test_patterns():
    """They are subjects with wildcards; each message comes once."""
    with Server() as server:
        process = receive(server, 4, "--pattern", "house/*/light", "--pattern",
                          "garden/**", "--pattern", "house/hall/*")
        for subject in (r"house\.\*\.\*", "garden ", r"garden\.>"):
            server.wait_for(rf"<<- \[SUB {subject}")
        check(server.count(r"<<- \[SUB"), 3, "subscriptions")
        for subject in ("house.hall.light", "house.attic.door", "house.hall.door",
                        "house.light", "garden", "garden.gate.light", "other"):
            server.publish(subject, "on")
        check_received(process, [(topic, "on") for topic in (
            "house/hall/light", "house/hall/door", "garden", "garden/gate/light")])


def test_not_topics():
    """What cannot be published is said, and counts."""
    with Server("max_payload: 2000") as server:
        for topic, reason in (("a/*", "stands for others"), ("", "empty level"),
                              ("a.b", "separates levels"), ("a b", "blank")):
            code, _, trouble = send(server, "--topic", topic, "--verbose", "x")
            check(code, 1, f"exit status ({trouble})")
            check(reason in trouble, True, trouble)
        code, _, trouble = send(server, "--topic", "a", "--verbose", "x" * 2001)
        check(code, 1, f"exit status ({trouble})")
        check("the server takes 2000" in trouble, True, trouble)
        code, _, trouble = finish(start("receive", "--dial", server.uri(), "--topic",
                                        "a.b", "--timeout", "1", "--verbose"))
        check("separated by" in trouble, True, trouble)


def test_not_allowed():
    """Who may not publish learns it before the command ends; who may not subscribe
    is not left waiting."""
    with Server("""no_auth_user: guest
authorization { users: [ { user: guest, password: x, permissions: {
  publish: "a.>", subscribe: "b.>" } } ] }""") as server:
        check_sent(server, "--topic", "a/1", "x")
        code, _, trouble = send(server, "--topic", "c", "--verbose", "x")
        check(code, 1, f"exit status ({trouble})")
        check("permissions violation for publish" in trouble.lower(), True, trouble)
        process = start("receive", "--dial", server.uri(), "--topic", "c/",
                        "--timeout", "1", "--verbose")
        _, _, trouble = finish(process)
        check("permissions violation for subscription" in trouble.lower(), True,
              trouble)


def test_headers():
    """Attributes and content types, between heins and to libnats."""
    with Server() as server:
        theirs = server.subscribe("a", 1)
        process = receive(server, 2, "--topic", "", "--format", "json")
        check_sent(server, "--topic", "a", "--type", "text/plain", "--attribute",
                   "id=7", "--attribute", "colour=deep blue", "x")
        server.publish("b", "y", "Shape", "round", command="pubh")
        came = said(theirs)[0]
        check((came[:2], sorted(came[2:])),
              (("a", "x"), ["Content-Type=text/plain", "Nats-Msg-Id=7",
                            "colour=deep blue"]), "what came there")
        code, output, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")
        first, second = (json.loads(line) for line in output.splitlines())
        check((first["content-type"], first["attributes"]),
              ("text/plain", {"id": "7", "colour": "deep blue"}), "between heins")
        check(second["attributes"], {"Shape": "round"}, "from libnats")


def test_users():
    for config, user, options, secret in (
            ("user: kirk, password: secret", "kirk:secret@", ["user=kirk"],
             "password-file"),
            ("token: secret", "secret@", [], "token-file")):
        with Server(f"authorization: {{ {config} }}") as server:
            file = server.folder / "secret"

            def write(text):
                file.write_text(text)
                file.chmod(0o600)
            options = [*options, f"{secret}={file}"]
            write("secret\n")
            process = receive(server, 1, "--topic", "a/", options=options)
            server.publish("a.b", "x", user=user)
            check_received(process, [("a/b", "x")])
            write("wrong\n")
            code, _, trouble = finish(start("send", "--dial", server.uri(*options),
                                            "--timeout", "1", "--topic", "a",
                                            "--verbose", "x"))
            check(code, 3, f"exit status ({trouble})")
            check("Authorization Violation" in trouble, True, trouble)
            check("token-file" in trouble, True, trouble)
            check("secret" in trouble.replace(str(file), ""), False, trouble)


def ask(server, *arguments, options=()):
    return finish(start("request", "--dial", server.uri(*options),
                        "--timeout", str(SECONDS), *arguments))


def serve(server, count, pattern, command, name="scotty", options=()):
    server.forget()
    process = start("serve", "--dial", server.uri(*options), "--name", name,
                    "--count", str(count), "--exec", command, pattern)
    server.wait_for(rf"{name}.*<<- \[SUB {pattern} ")
    return process


def test_asks():
    """Requests of hein, and what libnats answers; nobody's silence is no wait."""
    with Server() as server:
        theirs = server.subscribe("shout.*", 2, command="reply")
        for text in ("one", "two"):
            code, output, trouble = ask(server, "shout/x", text)
            check((code, output), (0, text + "!"), f"the answer ({trouble})")
        check(said(theirs), [], "what libnats printed")
        code, output, trouble = ask(server, "shout/x", "three")
        check((code != 0, output), (True, ""), "exit status")
        check("nobody at the server serves the topic" in trouble, True, trouble)


def test_serves():
    """Requests of libnats, and of another hein, with its errors."""
    with Server() as server:
        process = serve(server, 3, "shout", "tr a-z A-Z")
        for text in ("one", "two"):
            theirs = server.peer("request", "shout", text)
            check([words[1:] for words in said(theirs)], [(text.upper(),)],
                  "the answer")
        code, output, trouble = ask(server, "shout", "three")
        check((code, output), (0, "THREE"), f"the answer ({trouble})")
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")
        process = serve(server, 2, "fail", "sh -c 'cat >/dev/null; exit 7'")
        code, output, trouble = ask(server, "fail", "x")
        check((code != 0, output), (True, ""), "exit status")
        check("(7)" in trouble, True, trouble)
        came = said(server.peer("request", "fail", "x"))[0]
        check(any(word.startswith("Nats-Service-Error=") for word in came), True,
              came)
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")


def test_queue_group():
    """Of those in a group, one gets each message."""
    with Server() as server:
        members = []
        for name in ("kirk", "spock"):
            server.forget()
            members.append(start("receive", "--dial", server.uri("queue-group=crew"),
                                 "--name", name, "--topic", "t/", "--verbose"))
            server.wait_for(rf"{name}.*<<- \[SUB t\.> crew")
        came = queue.Queue()

        def collect(member):
            for line in member.stdout:
                came.put(line.split("\t")[-1].strip())
        for member in members:
            threading.Thread(target=collect, args=[member], daemon=True).start()
        server.publish("t.a", *map(str, range(100)))
        got = [int(came.get(timeout=SECONDS)) for _ in range(100)]
        server.publish("t.a", "last")
        check(came.get(timeout=SECONDS), "last", "nothing came twice")
        check(sorted(got), list(range(100)), "what came")
        for member in members:
            member.terminate()
            finish(member)


def test_only_sends():
    """A command that only sends asks for nothing, unless told to."""
    with Server() as server:
        for options, n in (([], 0), (["subscribe=yes"], 1)):
            server.forget()
            check_sent(server, "--topic", "a", "x", options=options)
            server.wait_for("uhura.*Client connection closed")
            check(server.count(r"<<- \[SUB"), n, f"subscriptions {options}")


def test_stranger():
    """A server of something else is told from a NATS server."""
    with subprocess.Popen([sys.executable, "-c", """
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    s.accept()[0].sendall(b"220 mail.example ESMTP\\r\\n")
"""], stdout=subprocess.PIPE, text=True) as stranger:
        port = int(stranger.stdout.readline())
        code, _, trouble = finish(start("send", "--dial", f"tcp+nats://127.0.0.1:{port}",
                                        "--timeout", "1", "--verbose", "x"))
        stranger.kill()
    check(code, 3, f"exit status ({trouble})")
    check("no NATS server" in trouble, True, trouble)


def test_server_killed():
    """What was sent when it died is in doubt, and the rest goes when it is back."""
    with Server() as server:
        process = start("send", "--dial", server.uri(), "--name", "uhura", "--topic",
                        "t", "-", "--verbose", stdin=subprocess.PIPE)

        def say(text):
            process.stdin.write(text + "\n")
            process.stdin.flush()
        say("first")
        server.wait_for(r"uhura.*MSG_PAYLOAD: \[\"first\"\]")
        server.wait_for(r"uhura.*<<- \[PING\]", 2)
        processes.stop(server.process)
        stopped = "stopped" * 1000
        say(stopped)
        wait_until_written(server.port, stopped)
        server.kill()
        before = []
        for line in process.stderr:
            before.append(line)
            if "peer-removed" in line:
                break
        server.forget()
        server.start()
        server.wait_for(r"uhura.*<<- \[PING\]")
        receiver = receive(server, 1)
        say("last")
        check_received(receiver, [("t", "last")])
        end_input(process)
        code, _, trouble = finish(process)
        trouble = "".join(before) + trouble
        check(code, 1, f"exit status ({trouble})")
        check("in doubt" in trouble, True, trouble)


def test_receiver_stays():
    """A receiver subscribes again when the server is back."""
    with Server() as server:
        process = receive(server, 2, "--topic", "t/")
        check_sent(server, "--topic", "t/1", "one")
        server.kill()
        server.forget()
        server.start()
        server.wait_for(r"spock.*SUB t\.>")
        check_sent(server, "--topic", "t/2", "two")
        check_received(process, [("t/1", "one"), ("t/2", "two")])


def js_api(server, command, **details):
    """What JetStream answers."""
    code, output, trouble = ask(server, "$JS/API/" + command.replace(".", "/"),
                                json.dumps(details))
    check(code, 0, f"exit status ({trouble})")
    return json.loads(output)


def deliver(server, *arguments, options=("jetstream=yes",)):
    return send(server, "--deliver", "--verbose", *arguments, options=options)


def test_delivers():
    """What a stream of JetStream keeps, keeps once, refuses, and what none keeps."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(f'jetstream {{ store_dir: "{folder}" }}') as server:
        code, _, trouble = deliver(server, "--topic", "orders/1", "x")
        check(code, 1, f"exit status ({trouble})")
        check("no stream of JetStream keeps the topic" in trouble, True, trouble)
        made = js_api(server, "STREAM.CREATE.S", name="S", subjects=["orders.>"],
                      max_msgs=3, discard="new")
        check("error" in made, False, made)
        code, _, trouble = deliver(server, "--topic", "orders/1", "x", options=())
        check(code, 1, f"exit status without jetstream=yes ({trouble})")
        for expected in (1, 1):
            code, _, trouble = deliver(server, "--topic", "orders/1", "--attribute",
                                       "id=7", "one")
            check(code, 0, f"exit status ({trouble})")
            check(js_api(server, "STREAM.INFO.S")["state"]["messages"], expected,
                  "what is kept")
        code, _, trouble = deliver(server, "--topic", "orders/2", "two", "three")
        check(code, 0, f"exit status ({trouble})")
        code, _, trouble = deliver(server, "--topic", "orders/2", "four")
        check(code, 1, f"exit status ({trouble})")
        check('JetStream says "maximum messages exceeded"' in trouble, True, trouble)
        check(js_api(server, "STREAM.INFO.S")["state"]["messages"], 3, "what is kept")


def wait_for_line(stream, beginning):
    for line in stream:
        if line.startswith(beginning):
            return
    raise AssertionError(f"no line began with {beginning!r}")


def test_kept_when_killed():
    """What was acknowledged before the server was killed is there afterwards; what was
    on its way is unknown, and delivered again with its id it is there once."""
    with tempfile.TemporaryDirectory() as folder, \
            Server(f'jetstream {{ store_dir: "{folder}" }}') as server:
        js_api(server, "STREAM.CREATE.S", name="S", subjects=["orders.>"])
        texts = [f"order {i}" for i in range(100)]
        code, _, trouble = deliver(server, "--topic", "orders/1", *texts)
        check(code, 0, f"exit status ({trouble})")
        last = "last" * 1000
        options = ("--topic", "orders/1", "--attribute", "id=last", "--verbose")
        process = start("send", "--dial", server.uri("jetstream=yes"), "--deliver",
                        "--name", "scotty", *options, "-", stdin=subprocess.PIPE)
        # before it, PONG may stay in the server, and nothing is sent
        wait_for_line(process.stderr, "peer-added")
        processes.stop(server.process)
        process.stdin.write(last + "\n")
        process.stdin.flush()
        wait_until_written(server.port, last)
        server.kill()
        end_input(process)
        code, _, trouble = finish(process)
        check(code, 1, f"exit status ({trouble})")
        check("unknown" in trouble, True, trouble)
        server.start()
        for _ in range(2):
            code, _, trouble = deliver(server, *options, last)
            check(code, 0, f"exit status ({trouble})")
        check(js_api(server, "STREAM.INFO.S")["state"]["messages"], 101,
              "what is kept")
        for i in (0, 99):
            kept = js_api(server, "STREAM.MSG.GET.S", seq=i + 1)["message"]["data"]
            check(base64.b64decode(kept).decode(), texts[i], "what was acknowledged")


TESTS = [test_two_heins, test_receives, test_sends, test_topics, test_patterns,
         test_not_topics, test_not_allowed, test_headers, test_users, test_asks,
         test_serves, test_queue_group, test_only_sends, test_stranger,
         test_server_killed, test_receiver_stays, test_delivers,
         test_kept_when_killed]


if __name__ == "__main__":
    sys.exit(peer_tools.run("nats", TESTS))
