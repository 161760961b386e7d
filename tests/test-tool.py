#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein inspect`, `hein receive`, `hein send` and `hein bench` do."""

import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

import tap
from tool_test import (ANY, LIMIT_S, TOOL, Running, free_group, has,
                       make_file, need_multicast, receive_from, run, same)


def format_bytes(data, *args, topic="t"):
    with tempfile.TemporaryDirectory() as folder:
        path = make_file(folder, data)
        return receive_from(["--topic", topic, "--file", path], "--count", "1",
                            *args)

# ---- inspect ----


def test_inspect_lists():
    status, out, errors = run("inspect")
    same((status, errors), (0, ""))
    has(out.decode(), "Transports\n", "Protocols\n", "Strategies\n",
        "\n  tcp ", "\n  zmtp ", "\n  publish ", "\nFolders\n")


def test_inspect_json():
    status, out, _ = run("inspect", "--json")
    same(status, 0)
    plugins = {(p["kind"], p["name"]): p
               for p in json.loads(out)["plugins"]}
    tcp = plugins["transport", "tcp"]
    has(tcp["schemes"], "tcp")
    assert os.path.isfile(tcp["file"])
    assert "abi" not in tcp
    linger = [p for p in tcp["properties"] if p["name"] == "linger"][0]
    same((linger["type"], linger["default"]), ("int", "-1"))
    has(plugins, ("protocol", "zmtp"), ("strategy", "round-robin"))


def test_inspect_one():
    for name in ("tcp", "tcp://127.0.0.1:7000"):
        status, out, _ = run("inspect", name)
        same(status, 0)
        has(out.decode(), "tcp (transport)", "address: tcp://",
            "linger: int: -1 to", "libhein-tcp.so")
    status, out, errors = run("inspect", "nothing")
    same((status, out), (1, b""))
    has(errors, "hein: no plugin is called 'nothing'", "looked in")


def test_inspect_address():
    """Both plugins of an address, with their options; the part that is none."""
    for address in "tcp+soc", "tcp+soc://127.0.0.1:5555":
        status, out, errors = run("inspect", address)
        same((status, errors), (0, ""))
        has(out.decode(), "tcp (transport)", "max-peers:",
            "soc (protocol)", "ack-timeout-ms:")
    status, _, errors = run("inspect", "tcp+warp")
    same(status, 1)
    has(errors, "no plugin is called 'warp'")


def test_inspect_problems():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "libhein-broken.so")
        with open(path, "wb") as file:
            file.write(b"this is no module")
        paths = [folder, os.environ.get("HEIN_PLUGIN_PATH", "")]
        env = dict(os.environ, HEIN_PLUGIN_PATH=":".join(filter(None, paths)))
        status, out, _ = run("inspect", "--json", env=env)
        same(status, 0)
        problems = json.loads(out)["problems"]
        same(len(problems), 1)
        has(problems[0], path)
        status, out, _ = run("inspect", env=env)
        same(status, 0)
        has(out.decode(), "Not loaded\n", path)


# ---- usage and addresses ----


def test_help():
    for args in (["--help"], ["receive", "--help"], ["send", "--help"],
                 ["inspect", "--help"], ["bench", "--help"],
                 ["keygen", "--help"], ["doctor", "--help"]):
        status, out, errors = run(*args)
        same((status, errors), (0, ""))
        has(out.decode(), "Usage:", "Examples:")
    status, out, _ = run("--version")
    same(status, 0)
    assert out.startswith(b"hein ")


def test_usage():
    there = ["--dial", "tcp://127.0.0.1:1"]
    wrong = [
        [],
        ["recieve"],
        ["receive"],
        ["receive", "--frobnicate", *there],
        ["receive", *there, "argument"],
        ["receive", *there, "--count", "0"],
        ["receive", *there, "--count", "many"],
        ["receive", *there, "--format", "xml"],
        ["receive", *there, "--timeout", "-1"],
        ["receive", *there, "--timeout", "nan"],
        ["receive", *there, "--name", ""],
        ["receive", *there, "--name", "a\nb"],
        ["receive", *there, "--name", "n" * 256],
        ["receive", *there, "--topic", "t" * 256],
        ["send", "text"],
        ["send", *there],
        ["send", *there, "--repeat", "2", "-"],
        ["send", *there, "--wait-peers", "-1", "text"],
        ["send", *there, "--topic", "t" * 256, "text"],
        ["send", *there, "--to", "anna", "--strategy", "publish", "text"],
        ["send", *there, "--key", "k", "text"],
        ["inspect", "one", "two"],
        ["bench", "argument"],
        ["bench", "--seconds", "0"],
        ["keygen"],
        ["keygen", ""],
        ["keygen", "one", "two"],
        ["keygen", "--until", "2030-01-01", "one"],
        ["keygen", "--ring", "--until", "some day", "one"],
        ["keygen", "--ring", "--from", "-5", "one"],
        ["keygen", "--ring", "--from", "2030-01-02", "--until",
         "2030-01-02T00:00:00Z", "one"],
        ["doctor"],
        ["doctor", "tcp://localhost:1", "tcp://localhost:2"],
        ["doctor", "nonsense"],
        ["doctor", "tcp://localhost:99999"],
        ["doctor", "tcp://localhost:1?colour=red"],
        ["doctor", "tcp://localhost:1?max-peers=many"],
        ["doctor", "tcp://localhost:1?max-peers=1&max-peers=2"],
    ]
    for args in wrong:
        status, out, errors = run(*args)
        same((args, status, out), (args, 2, b""))
        has(errors, "hein: ", "--help'")


def test_bad_address():
    for uri, text in (("tcp://127.0.0.1:99999", "99999"),
                      ("tcp://127.0.0.1:1?colour=red", "colour"),
                      ("nonsense", "nonsense")):
        for role in ("--listen", "--dial"):
            status, _, errors = run("receive", role, uri)
            same((uri, status), (uri, 2))
            has(errors, "hein: ", text)
    status, _, errors = run("send", "--dial", "pigeon://loft", "text")
    same(status, 1)
    has(errors, "hein: ", "pigeon", "tcp")


def test_insecure():
    status, _, errors = run("send", "--dial", "tcp://192.0.2.1:7000", "text")
    same(status, 1)
    has(errors, "hein: ", "plaintext=yes")


def test_address_in_use():
    with Running("receive", "--listen", ANY) as receiver:
        status, _, errors = run("receive", "--listen", receiver.uri())
        same(status, 1)
        has(errors, "hein: ")


def test_unknown_strategy():
    status, _, errors = run("send", "--listen", ANY, "--strategy", "guess",
                            "text")
    same(status, 1)
    has(errors, "guess", "round-robin")


# ---- formats ----


def test_format_text():
    same(receive_from(["--topic", "weather", "sun", ""], "--count", "2"),
         b"anna\tweather\tsun\nanna\tweather\t\n")


def test_escapes():
    data = "a\x1b[2J\r\n\t\\\0\x7f\u0085\u202eé\U0001f600".encode() + b"\xff\xc3"
    same(format_bytes(data, topic="x\x1b").decode(),
         "anna\tx\\x1b\ta\\x1b[2J\\x0d\\n\\t\\\\\\x00\\x7f\\xc2\\x85"
         "\\xe2\\x80\\xaeé\U0001f600\\xff\\xc3\n")


def test_format_json():
    text = 'say "é\\\n\t\x01\u0085\u2028\U0001f600"'
    line = format_bytes(text.encode(), "--format", "json", topic='"q"')
    same(json.loads(line), {"sender": "anna", "security": "none",
                            "topic": '"q"', "payload": text})
    same(line.count(b"\n"), 1)
    assert all(byte >= 0x20 for byte in line[:-1])
    data = bytes(range(256))
    found = json.loads(format_bytes(data, "--format", "json"))
    same(base64.b64decode(found["payload-base64"]), data)
    assert "payload" not in found


def test_format_hex():
    same(format_bytes(b"\x00\xffA", "--format", "hex"), b"anna\tt\t00ff41\n")


def test_format_raw():
    data = bytes(range(256)) * 5000
    same(format_bytes(data, "--format", "raw"), data)


# ---- sending ----


def test_lines():
    lines = [f"line {i}" for i in range(10000)]
    with Running("receive", "--listen", ANY, "--count", "10000") as receiver:
        uri = receiver.uri()
        sender = subprocess.Popen([TOOL, "send", "--name", "b", "--dial", uri,
                                   "-"], stdin=subprocess.PIPE)
        # no newline at the end: the last line counts all the same
        sender.stdin.write("\n".join(lines).encode())
        sender.stdin.close()
        status, out, _ = receiver.end()
        same(status, 0)
        same(sender.wait(LIMIT_S), 0)
    same(out.decode(), "".join(f"b\t\t{line}\n" for line in lines))


def test_slow_reader():
    """More than all queues hold, to a receiver whose output nobody reads."""
    n = 60000
    with Running("receive", "--listen", ANY, "--format", "raw", "--count",
                 str(n)) as receiver:
        with Running("send", "--dial", receiver.uri(), "--repeat", str(n),
                     "x" * 1000) as sender:
            # so the first message has come through, and no more is read
            same(receiver.process.stdout.read(1), b"x")
            same(sender.process.poll(), None)
            status, out, _ = receiver.end()
            same((status, len(out)), (0, 1000 * n - 1))
            same(sender.end()[0], 0)


def test_line_too_long():
    with Running("receive", "--listen", ANY) as receiver:
        data = b"short\n" + b"x" * (16 * 1024 * 1024 + 1) + b"\n"
        status, _, errors = run("send", "--dial", receiver.uri(), "-",
                                data=data)
        same(status, 1)
        has(errors, "max-message-size", str(16 * 1024 * 1024))


def test_files():
    with tempfile.TemporaryDirectory() as folder:
        path = make_file(folder, b"from a file")
        same(receive_from(["--file", path, "--file", path, "an argument"],
                          "--count", "3", "--format", "hex").decode(),
             "".join(f"anna\t\t{data.hex()}\n" for data in
                     (b"from a file", b"from a file", b"an argument")))
    with Running("receive", "--listen", ANY) as receiver:
        uri = receiver.uri()
        status, _, errors = run("send", "--dial", uri, "--file", path)
        same(status, 1)
        has(errors, "hein: ", path)
        status, _, errors = run("send", "--dial", uri, "--file", "/dev/zero")
        same(status, 1)
        has(errors, "max-message-size")


def test_repeat_and_interval():
    same(receive_from(["--repeat", "3", "--interval", "0.001", "a", "b"],
                      "--count", "6"), b"anna\t\ta\nanna\t\tb\n" * 3)


def test_summary():
    with Running("receive", "--listen", ANY, "--count", "2") as receiver:
        status, out, _ = run("send", "--dial", receiver.uri(), "--json",
                             "four", "five5")
        same(status, 0)
        found = json.loads(out)
        same((found["sent"], found["peers"], found["bytes"]), (2, 1, 9))
        assert found["seconds"] > 0
        same(receiver.end()[0], 0)


def test_topics():
    with Running("send", "--listen", ANY, "--topic", "alpha", "--wait-peers",
                 "2", "--name", "s", "text") as sender:
        uri = sender.uri()
        with Running("receive", "--dial", uri, "--topic", "be", "--topic",
                     "al", "--count", "1") as wanted, \
                Running("receive", "--dial", uri, "--topic", "beta",
                        "--name", "b", "--verbose") as unwanted:
            same(wanted.end()[:2], (0, b"s\talpha\ttext\n"))
            same(unwanted.wait_error("peer-added "), "s")
            unwanted.wait_error("peer-removed ")
            unwanted.interrupt()
            same(unwanted.end()[:2], (0, b""))
        same(sender.end()[0], 0)


def test_patterns():
    """Beside prefixes, of which one is enough; the publisher compares."""
    with Running("send", "--listen", ANY, "--topic", "house/hall/light",
                 "--wait-peers", "3", "--name", "s", "on") as sender:
        uri = sender.uri()
        with Running("receive", "--dial", uri, "--pattern", "house/*/light",
                     "--count", "1", "--format", "raw") as fits, \
                Running("receive", "--dial", uri, "--pattern", "house/*", "--topic",
                        "house/h", "--count", "1", "--format", "raw") as prefix, \
                Running("receive", "--dial", uri, "--pattern", "house/*",
                        "--verbose") as unwanted:
            same(fits.end()[:2], (0, b"on"))
            same(prefix.end()[:2], (0, b"on"))
            unwanted.wait_error("peer-removed ")
            unwanted.interrupt()
            same(unwanted.end()[:2], (0, b""))
        same(sender.end()[0], 0)
    status, _, errors = run("receive", "--listen", ANY, "--pattern", "house/h*")
    same(status, 2)
    has(errors, '--pattern: the level "h*"')


def test_topic_of_nobody():
    """A peer is there, but has asked for something else."""
    with Running("receive", "--listen", ANY, "--topic", "beta") as receiver:
        uri = receiver.uri()
        status, _, errors = run("send", "--dial", uri, "--topic", "alpha",
                                "text")
        same((status, errors), (1, "hein: nobody who is there has asked for "
                                   "the topic 'alpha'\n"))
        same(run("send", "--dial", uri, "--topic", "beta", "text")[0], 0)
        status, _, errors = run("send", "--dial", uri, "-", data=b"")
        same((status, errors), (0, ""))


def test_topics_without_subscriptions():
    """Who cannot be told what is wanted sends everything."""
    for protocol, topic in (("soc", "alpha"), ("socketengine", "alpha"),
                            ("aiomsg", ""), ("tinyproto", "")):
        with Running("send", "--listen", f"tcp+{protocol}://127.0.0.1:0",
                     "--topic", "alpha", "--wait-peers", "2",
                     "text") as sender:
            uri = sender.uri()
            limit = ["--timeout", "3"] if protocol == "tinyproto" else []
            with Running("receive", "--dial", uri, "--topic", topic, "--topic",
                         "x", "--count", "1") as wanted, \
                    Running("receive", "--dial", uri, "--topic", "beta",
                            "--verbose", *limit) as unwanted:
                status, out, errors = wanted.end()
                same((status, errors), (0, ""))
                same(out.decode().split("\t")[1:], [topic, "text\n"])
                if topic == "":
                    has(unwanted.wait_error("hein: messages of "),
                        " have no topic, so that --topic hides them")
                unwanted.wait_error("peer-removed ")
                if limit:
                    status, out, errors = unwanted.end()
                    same((status, out), (3, b""))
                    has(errors, "0 messages came, 1 of other topics")
                else:
                    unwanted.interrupt()
                    same(unwanted.end()[:2], (0, b""))


def test_to_one():
    with Running("receive", "--listen", ANY, "--name", "a", "--count",
                 "1") as first, \
            Running("receive", "--listen", ANY, "--name", "b", "--count",
                    "1") as second:
        roads = ["--dial", first.uri(), "--dial", second.uri(), "--name", "s",
                 "--wait-peers", "2"]
        same(run("send", *roads, "--to", "a", "only a")[0], 0)
        same(first.end()[:2], (0, b"s\t\tonly a\n"))
        same(run("send", "--dial", roads[3], "--name", "s", "all")[0], 0)
        same(second.end()[:2], (0, b"s\t\tall\n"))


def test_strategy():
    with Running("receive", "--listen", ANY, "--count", "1") as first, \
            Running("receive", "--listen", ANY, "--count", "1") as second:
        same(run("send", "--dial", first.uri(), "--dial", second.uri(),
                 "--wait-peers", "2", "--name", "s", "--strategy",
                 "round-robin", "one", "two")[0], 0)
        outs = [first.end()[:2], second.end()[:2]]
        same(sorted(outs), [(0, b"s\t\tone\n"), (0, b"s\t\ttwo\n")])


def test_strategy_key():
    with Running("receive", "--listen", ANY, "--count", "1", "--name",
                 "a") as receiver:
        uri = receiver.uri()
        by_name = ["--strategy", "by-name", "--name", "s", "--key"]
        status, _, errors = run("send", "--dial", uri, *by_name, "z", "text")
        same(status, 1)
        has(errors, "z")
        same(run("send", "--dial", uri, *by_name, "a", "text")[0], 0)
        same(receiver.end()[:2], (0, b"s\t\ttext\n"))


def test_nobody():
    status, _, errors = run("send", "--listen", ANY, "--wait-peers", "0",
                            "text")
    same(status, 1)
    has(errors, "1 message did not reach a peer")


# ---- ends ----


def test_timeouts():
    status, out, errors = run("receive", "--listen", ANY, "--timeout", "0.01")
    same((status, out), (3, b""))
    has(errors, "timed out after 0.01 s: 0 messages came, 0 peers are there")
    status, _, errors = run("send", "--listen", ANY, "--timeout", "0.01",
                            "text")
    same(status, 3)
    has(errors, "timed out after 0.01 s: 0 messages sent, 0 peers are there")


def test_timeout_short_count():
    with Running("receive", "--listen", ANY, "--count", "2", "--timeout",
                 "2") as receiver:
        same(run("send", "--dial", receiver.uri(), "--name", "s", "one")[0], 0)
        same(receiver.end()[:2], (3, b"s\t\tone\n"))


def test_timeout_slow_peer():
    """What a peer does not take in time is status 3, not 0."""
    with Running("receive", "--listen", ANY, "--format", "raw") as receiver:
        status, _, _ = run("send", "--dial", receiver.uri(), "--repeat", "0",
                           "--timeout", "0.5", "x" * 100000)
        same(status, 3)


def test_interrupts():
    for args, wanted in (([], 0), (["--count", "5"], 1)):
        with Running("receive", "--listen", ANY, *args) as receiver:
            uri = receiver.uri()
            same(run("send", "--dial", uri, "--name", "s", "text")[0], 0)
            same(receiver.process.stdout.readline(), b"s\t\ttext\n")
            receiver.interrupt()
            same(receiver.end()[0], wanted)
    with Running("send", "--listen", ANY, "text") as sender:
        sender.uri()
        sender.interrupt()
        same(sender.end()[0], 1)


def test_head():
    """A reader that goes ends the receiver, with or without more to come."""
    for repeat in ("0", "1"):
        with Running("receive", "--listen", ANY) as receiver:
            uri = receiver.uri()
            with Running("send", "--dial", uri, "--name", "s", "--repeat",
                         repeat, "text") as sender:
                same(receiver.process.stdout.readline(), b"s\t\ttext\n")
                receiver.process.stdout.close()
                receiver.process.stdout = None
                status, _, errors = receiver.end()
                same((status, errors), (0, ""))
                sender.interrupt()
                sender.process.wait(LIMIT_S)


def test_verbose():
    with Running("receive", "--listen", ANY, "--verbose") as receiver:
        same(run("send", "--dial", receiver.uri(), "--name", "s",
                 "text")[0], 0)
        same(receiver.wait_error("peer-added "), "s")
        same(receiver.wait_error("peer-removed "), "s")


def test_verbose_says_why():
    """What is refused at either end, and what cannot be sent or connected."""
    with Running("receive", "--listen", "tcp+aiomsg://127.0.0.1:0",
                 "--verbose") as receiver:
        uri = receiver.uri()
        port = int(uri.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b"GET / HTTP/1.1\r\n\r\n")
            says = receiver.wait_error(f"{uri}: a connection from 127.0.0.1:")
            has(says, f"{caller.getsockname()[1]} came to nothing: ", "HTTP")
    soc = "tcp+soc://127.0.0.1:0"
    for verbose in [], ["--verbose"]:
        with Running("send", "--listen", soc, "--type", "image/png", *verbose,
                     "x") as sender, \
                Running("receive", "--dial", sender.uri(), "--name", "kirk"):
            status, _, errors = sender.end()
            same(status, 1)
            has(errors, "1 message did not reach a peer: unsendable")
            same("kirk: dialect c of soc has no key for the content type "
                 "image/png\n" in errors, bool(verbose))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        uri = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        with Running("receive", "--dial", uri, "--verbose") as receiver:
            has(receiver.wait_error(uri + ": "), "Connection refused")
        for command in (("receive", "--dial", uri),
                        ("send", "--dial", uri, "x")):
            status, _, errors = run(*command, "--timeout", "0.2")
            same(status, 3)
            has(errors, f"hein: {uri}: ", "Connection refused")


def test_verbose_invalid():
    """What arrives and is none is told of, and cannot reach the terminal."""
    with Running("receive", "--listen", "tcp+socketengine://127.0.0.1:0",
                 "--verbose") as receiver:
        port = int(receiver.uri().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b'{"type": "__name_conn", "data": "kirk"}\n'
                           b'{"type": "x"}\n')
            same(receiver.wait_error("kirk: "), "a line has no data")
            same(receiver.wait_error("1 message "), "was dropped (invalid)")


def test_wrong_protocol():
    """A receiver of ZMTP is none of the others', whoever speaks first."""
    for protocol in "soc", "tinyproto", "socketengine", "aiomsg":
        with Running("receive", "--listen", ANY, "--verbose") as receiver:
            uri = receiver.uri().replace("tcp:", f"tcp+{protocol}:")
            status, out, errors = run("receive", "--dial", uri, "--timeout",
                                      "1")
            same((status, out), (3, b""))
            has(errors, f"hein: {uri}: the ", "timed out after 1 s")


def test_try_it():
    """What the READMEs of protocols say to paste, over another transport."""
    root = os.path.join(os.path.dirname(__file__), "..", "plugins", "protocols")
    path = os.path.dirname(TOOL) + ":" + os.environ["PATH"]
    for protocol in "soc", "tinyproto", "socketengine", "aiomsg":
        with open(os.path.join(root, protocol, "README.md"),
                  encoding="utf-8") as file:
            text = file.read().partition("## Try it\n")[2]
        lines = [line.strip() for line in text.splitlines()
                 if line.startswith("    ")]
        text = re.sub(r"tcp(\+\w+)://[^\s'?]+",
                      rf"unix\1:@hein-try-{os.getpid()}", "\n".join(lines))
        for script in re.split(r"\n(?=hein receive)", text):
            has(script, f"unix+{protocol}:@", "&\nhein send ")
            done = subprocess.run(
                ["sh", "-c", script + " --timeout 30 && wait $!"],
                capture_output=True, timeout=LIMIT_S,
                env=dict(os.environ, PATH=path), check=False)
            same(done.returncode, 0)
            has(done.stdout.decode(), "hello")


def test_no_takers():
    """A transmitter of soc takes nothing: who sends there waits, and knows."""
    with Running("send", "--listen", "tcp+soc://127.0.0.1:0", "--wait-peers",
                 "2", "x") as sender, \
            Running("send", "--dial", sender.uri(), "x") as mistaken:
        has(mistaken.wait_error("hein: peer-"),
            "is there, but takes no messages")


def test_log_file():
    """M10: a file of the day, with time, name, level and text."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "new", "log")
        with Running("receive", "--listen", ANY, "--name", "receiver",
                     "--verbose", "--log-file", prefix) as receiver:
            same(run("send", "--dial", receiver.uri(), "--name", "s",
                     "text")[0], 0)
            receiver.wait_error("peer-removed ")
            receiver.interrupt()
            receiver.end()
        (name,) = os.listdir(os.path.dirname(prefix))
        assert re.fullmatch(r"log_\d{8}\.log", name), name
        with open(os.path.join(os.path.dirname(prefix), name)) as file:
            lines = file.read().splitlines()
        for line in lines:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\|recei\|"
                                r"(INF|DEB|WAR)\|.+", line), line
        for text in "peer-added s", "peer-removed s":
            assert any(line.endswith("|INF|" + text) for line in lines), lines
    status, _, errors = run("receive", "--listen", ANY,
                            "--log-file", "/proc/none/log")
    same(status, 1)
    has(errors, "--log-file /proc/none/log: ")


def test_content_type():
    """H9: JSON goes as JSON."""
    with Running("receive", "--listen", ANY, "--count", "1",
                 "--format", "json") as receiver:
        same(run("send", "--dial", receiver.uri(), "--type",
                 "application/json", '{"a": 1}')[0], 0)
        found = json.loads(receiver.end()[1])
        same(found["content-type"], "application/json")
    status, _, errors = run("send", "--dial", "tcp://127.0.0.1:1", "--type", "",
                            "x")
    same(status, 2)
    has(errors, "--type")


def test_attributes():
    """They arrive, and so does the time that is left; wrong ones are usage."""
    with Running("receive", "--listen", ANY, "--count", "1",
                 "--format", "json") as receiver:
        same(run("send", "--dial", receiver.uri(), "--attribute", "id=a=7",
                 "--attribute", "x=", "--expires", "60000",
                 "--priority", "high", "hi")[0], 0)
        found = json.loads(receiver.end()[1])
        same(found["attributes"], {"id": "a=7", "x": ""})
        assert 0 < found["expires-ms"] <= 60000, found
        same(found["priority"], "high")
    for options, text in ((["--attribute", "id"], "no '='"),
                          (["--attribute", "a b=1"], "\"a b\""),
                          (["--attribute", "a=" + "x" * 2048], "2048 bytes"),
                          (["--priority", "low"], "normal or high"),
                          (["--expires", "-1"], "--expires")):
        status, _, errors = run("send", "--dial", "tcp://127.0.0.1:1", *options, "x")
        same(status, 2)
        has(errors, text)


def test_attributes_dropped():
    """A protocol without a place for them: the message arrives, and send says so."""
    with Running("receive", "--name", "bert", "--listen", "tcp+tinyproto://127.0.0.1:0",
                 "--count", "1", "--format", "raw") as receiver:
        status, _, errors = run("send", "--dial", receiver.uri(), "--attribute", "a=1",
                                "hi")
        same(status, 0)
        has(errors, "got 1 message without attributes")
        same(receiver.end()[1], b"hi")


def test_full_disk():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([TOOL, "inspect"], stdout=full,
                              stderr=subprocess.PIPE, timeout=LIMIT_S,
                              check=False)
    same(done.returncode, 1)
    has(done.stderr.decode(), "hein: cannot write")


def test_bench():
    status, out, errors = run("bench", "--seconds", "0.01", "--json")
    same((status, errors), (0, ""))
    found = json.loads(out)
    same([rate["size"] for rate in found["rates"]], [16, 100, 1024, 65536])
    for rate in found["rates"]:
        assert rate["hein"] > 0 and rate["raw"] > 0, rate
    assert found["round-trip"]["hein"]["p50-us"] > 0


# ---- groups ----


def test_multicast():
    """One that sends and goes is heard by all who were there before it."""
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key")
        same(run("keygen", path)[0], 0)
        for options in ("", f"&key-file={path}",
                        f"&key-file={path}&reliable=yes"):
            group = f"{free_group()}?interface=lo&ttl=0{options}"
            with contextlib.ExitStack() as stack:
                receivers = [
                    stack.enter_context(Running("receive", "--listen", group,
                                                "--count", "2"))
                    for _ in range(3)]
                for receiver in receivers:
                    receiver.uri()
                same(run("send", "--dial", group, "--name", "anna", "one",
                         "two"), (0, b"", ""))
                for receiver in receivers:
                    status, out, errors = receiver.end()
                    same((status, errors), (0, ""))
                    lines = [line.split(b"\t") for line in out.splitlines()]
                    same([text for _, _, text in lines], [b"one", b"two"])
                    if options:
                        same({name for name, _, _ in lines}, {b"anna"})


# ---- arguments ----


def test_separator_of_arguments():
    for given, wanted in ((["--", "-1"], b"-1"), (["--", "--"], b"--"),
                          (["a", "--", "-x", "--"], b"a-x--"),
                          (["--", "a", "b"], b"ab")):
        same(receive_from(given, "--format", "raw", "--count",
                          str(len(given) - 1)), wanted)


def test_secrets_are_hidden():
    group = "udp-multicast://239.255.77.1:{}?format=multisock&key=pwd&iv=phrase"
    bad = [group.format("x"), group.format(0), group.format(7000) + "&nope=1",
           "tcp://h:1?key=pwd"]
    for uri in bad:
        for command in (("receive", "--listen", uri), ("doctor", uri),
                        ("send", "--dial", uri, "x")):
            status, out, errors = run(*command)
            assert status != 0, command
            assert "pwd" not in errors and b"pwd" not in out, errors
            has(errors or out.decode(), "key=…")
    uri = group.format(7000) + "&interface=lo&ttl=0"
    for command in (("doctor", uri), ("doctor", "--json", uri)):
        _, out, errors = run(*command)
        assert b"pwd" not in out and "pwd" not in errors, (out, errors)
        has(out.decode(), "key=…&iv=…")
    with Running("receive", "--listen", uri) as receiver:
        has(receiver.uri(), "key=…&iv=…&interface=lo")


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
