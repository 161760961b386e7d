#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein request` and `hein serve` do."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

import tap
from tool_test import ANY, Running, has, run, same

SHOUT = "tr a-z A-Z"


def serve(command, *args):
    return Running("serve", "--name", "anna", "--listen", ANY, "--exec", command,
                   *args)


def request(uri, *args, **more):
    return run("request", "--name", "bert", "--dial", uri, *args, **more)


def end(server):
    server.process.send_signal(signal.SIGTERM)
    return server.end()


def test_answer():
    with serve(SHOUT) as server:
        uri = server.uri()
        same(request(uri, "shout", "good morning"), (0, b"GOOD MORNING", ""))
        same(request(uri, "shout"), (0, b"", ""))
        same(end(server), (0, b"", ""))


def test_bytes():
    """From standard input, whatever they are, and large."""
    data = bytes(range(256)) * 4096
    with serve("cat") as server:
        same(request(server.uri(), "t", "-", data=data), (0, data, ""))


def test_environment():
    with serve('printf "%s of %s" "$HEIN_TOPIC" "$HEIN_PEER"') as server:
        same(request(server.uri(), "a topic", "--to", "anna"),
             (0, b"a topic of bert", ""))


def test_fails():
    """Its status and what it complains of, or that it did not."""
    with serve('echo no such thing >&2; exit 7', "bad") as server:
        same(request(server.uri(), "bad"),
             (1, b"", "hein: no such thing (7)\n"))
    with serve('kill -9 $$', "bad") as server:
        same(request(server.uri(), "bad"),
             (1, b"", "hein: the command ended with status 137 (137)\n"))


def test_get():
    """The value that a sender keeps, as bytes and as an object; and none."""
    with Running("send", "--name", "anna", "--listen", ANY + "?retain=yes",
                 "--wait-peers", "0", "--topic", "speed", "--verbose", "-",
                 stdin=subprocess.PIPE) as sender:
        uri = sender.uri()
        sender.process.stdin.write(b"1\n2\n")
        sender.process.stdin.flush()
        status, out, errors = 1, b"", ""
        while (status, out) != (0, b"2"):  # until it has read them
            status, out, errors = run("get", uri, "speed")
            assert status == 0 or "no value of the topic is kept" in errors, errors
        status, out, _ = run("get", "--json", uri, "speed")
        found = json.loads(out)
        same((status, found["topic"], found["from"], found["payload"]),
             (0, "speed", "anna", "2"))
        status, out, errors = run("get", uri, "course")
        same((status, out), (1, b""))
        has(errors, "no value of the topic is kept there")
        sender.process.stdin.close()
    for args, text in (([], "an address is missing"),
                       (["tcp://localhost:1"], "a topic is missing"),
                       (["tcp://localhost:1", "a", "b"], "one topic")):
        status, _, errors = run("get", *args)
        same(status, 2)
        has(errors, text)


def test_unserved():
    with serve(SHOUT, "math/*", "exact") as server:
        uri = server.uri()
        same(request(uri, "math/add", "x")[:2], (0, b"X"))
        same(request(uri, "exact", "x")[:2], (0, b"X"))
        for topic in "math", "math/add/more", "exactly":
            same(request(uri, topic),
                 (1, b"", "hein: the topic is not served there\n"))


def test_json():
    with serve('[ "$HEIN_TOPIC" = bad ] && exit 3; ' + SHOUT, "--json",
               "--count", "2") as server:
        uri = server.uri()
        status, out, errors = request(uri, "good", "yes", "--json")
        answer = json.loads(out)
        ms = answer.pop("ms")
        assert ms > 0
        same((status, answer, errors), (0, {"topic": "good", "from": "anna",
                                            "payload": "YES"}, ""))
        status, out, errors = request(uri, "bad", "--json")
        answer = json.loads(out)
        del answer["ms"]
        same((status, answer), (1, {"error": "the command ended with status 3",
                                    "kind": "answer", "code": 3}))
        has(errors, "status 3")
        status, out, errors = server.end()
        same((status, errors), (0, ""))
        told = [json.loads(line) for line in out.splitlines()]
        for line in told:
            del line["ms"]
        same(told, [{"topic": "good", "from": "bert", "status": 0, "size": 3},
                    {"topic": "bad", "from": "bert", "status": 3,
                     "error": "the command ended with status 3"}])


def test_timeout():
    """No answer, and nobody to ask."""
    with tempfile.TemporaryDirectory() as folder:
        same(request(f"unix:{folder}/nobody", "t", "--timeout", "0.1")[0], 3)
    with serve("exec sleep 1000") as server:
        status, out, errors = request(server.uri(), "t", "--timeout", "1")
        same((status, out), (3, b""))
        has(errors, "hein: ")


def test_interrupted():
    """The command is terminated when who asked goes."""
    with tempfile.TemporaryDirectory() as folder:
        started, ended = f"{folder}/started", f"{folder}/ended"
        os.mkfifo(started)
        os.mkfifo(ended)
        with serve(f"trap 'kill $!; echo ended > {ended}' TERM; sleep 1000 & "
                   f"echo yes > {started}; wait") as server, \
                Running("request", "--dial", server.uri(), "t") as asking:
            with open(started, encoding="ascii") as file:
                same(file.read(), "yes\n")
            asking.process.send_signal(signal.SIGINT)
            same(asking.end()[0], 1)
            with open(ended, encoding="ascii") as file:
                same(file.read(), "ended\n")


def test_server_killed():
    with tempfile.TemporaryDirectory() as folder:
        started = f"{folder}/started"
        os.mkfifo(started)
        with serve(f"echo yes > {started}; exec sleep 1000") as server, \
                Running("request", "--dial", server.uri(), "t") as asking:
            with open(started, encoding="ascii") as file:
                same(file.read(), "yes\n")
            server.process.kill()
            status, out, errors = asking.end()
            same((status, out), (1, b""))
            has(errors, "before it answered")


def test_many():
    """More than run at once."""
    with serve(SHOUT, "--jobs", "2") as server:
        uri = server.uri()
        with contextlib.ExitStack() as stack:
            asking = [stack.enter_context(Running("request", "--dial", uri, "t",
                                                  str(i))) for i in range(8)]
            same([one.end() for one in asking],
                 [(0, str(i).encode(), "") for i in range(8)])


def test_lines():
    """Each line is an answer; all are one to who wants one, and one answer is a
    stream of one."""
    with serve("cat; printf 'c\\n\\nlast'", "--lines", "--json", "--count", "2") \
            as server:
        uri = server.uri()
        same(request(uri, "t", "a\nb\n", "--many"),
             (0, b"a\nb\nc\n\nlast\n", ""))
        same(request(uri, "t", "a\nb\n"), (0, b"a\nb\nc\n\nlast", ""))
        told = [json.loads(line) for line in server.end()[1].splitlines()]
        same([line["size"] for line in told], [7, 11])
    with serve(SHOUT) as server:
        same(request(server.uri(), "t", "yes", "--many"), (0, b"YES\n", ""))


def test_lines_json():
    with serve("printf '1\\n2\\n'; echo no more >&2; exit 7", "--lines") as server:
        status, out, errors = request(server.uri(), "t", "--many", "--json",
                                      "--to", "anna", "--credit", "1")
        told = [json.loads(line) for line in out.splitlines()]
        for line in told:
            del line["ms"]
        same((status, told, errors),
             (1, [{"topic": "t", "from": "anna", "payload": "1"},
                  {"topic": "t", "from": "anna", "payload": "2"},
                  {"error": "no more", "kind": "answer", "code": 7}],
              "hein: no more (7)\n"))


def test_survey():
    with serve("echo anna", "--lines") as anna, \
            Running("serve", "--name", "carl", "--listen", ANY, "--lines",
                    "--exec", "echo carl; echo again") as carl, \
            Running("request", "--dial", anna.uri(), "--dial", carl.uri(), "t",
                    "--many") as asking:
        status, out, errors = asking.end()
        # it asks whoever is there when the first one is
        assert sorted(out.split()) in ([b"anna"], [b"again", b"carl"],
                                       [b"again", b"anna", b"carl"]), out
        same((status, errors), (0, ""))


def test_endless():
    """Who reads no more ends the command, and so does a reader that waits."""
    with tempfile.TemporaryDirectory() as folder:
        ended = f"{folder}/ended"
        os.mkfifo(ended)
        with serve(f"trap 'echo ended > {ended}; exit' TERM PIPE; i=0; "
                   "while :; do echo $i; i=$((i + 1)); done", "--lines") as server, \
                Running("request", "--dial", server.uri(), "t", "--many") as asking:
            for i in range(1000):
                same(asking.process.stdout.readline(), f"{i}\n".encode())
            asking.process.stdout.close()
            with open(ended, encoding="ascii") as file:
                same(file.read(), "ended\n")


def test_usage():
    for args, text in ((("request",), "a topic is missing"),
                       (("request", "a", "b", "c"), "takes one payload"),
                       (("request", "t"), "--listen or --dial is missing"),
                       (("request", "--credit", "1", "--dial", ANY, "t"), "--many"),
                       (("request", "--many", "--credit", "-1", "--dial", ANY, "t"),
                        "--credit"),
                       (("serve", "--listen", ANY), "--exec is missing"),
                       (("serve", "--listen", ANY, "--exec", "x", "--jobs", "0"),
                        "--jobs"),
                       (("serve", "--listen", ANY, "--exec", "x", "a*"),
                        "has a star")):
        status, out, errors = run(*args)
        same((status, out), (2, b""))
        has(errors, text)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
