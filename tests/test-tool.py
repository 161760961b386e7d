#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Drives the command line `hein`, which the environment's HEIN_TOOL names.

Every receiver listens on port 0 and says where on standard error, so there is
neither a fixed port nor a pause.
"""

import base64
import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import traceback

TOOL = os.environ.get("HEIN_TOOL", "hein")
ANY = "tcp://127.0.0.1:0"
LIMIT_S = 60


class Skip(Exception):
    """Says why a test cannot run here."""


class Running:
    """A `hein` that goes on until it is told to end, or has what it wants."""

    def __init__(self, *args, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [TOOL, *args],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def wait_error(self, start):
        """The rest of the next line of standard error that begins so."""
        for line in iter(self.process.stderr.readline, b""):
            text = line.decode()
            if text.startswith(start):
                return text[len(start):].strip()
        raise AssertionError(f"no line began with {start!r}")

    def uri(self):
        return self.wait_error("listening on ")

    def end(self):
        """Waits for the end: status, output, errors."""
        out, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out, errors.decode()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)


def run(*args, data=None, env=None):
    done = subprocess.run(
        [TOOL, *args],
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        timeout=LIMIT_S,
        env=env,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def has(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


def receive_from(send, *args):
    """What `hein receive` with args prints of what `hein send` sends."""
    with Running("receive", "--listen", ANY, *args) as receiver:
        status, _, errors = run("send", "--name", "anna", "--dial",
                                receiver.uri(), *send)
        same((status, errors), (0, ""))
        status, out, errors = receiver.end()
        same((status, errors), (0, ""))
        return out


def make_file(folder, data):
    path = os.path.join(folder, "payload")
    with open(path, "wb") as file:
        file.write(data)
    return path


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
        "\n  tcp-hub ", "\n  zmtp ", "\n  publish ", "\nFolders\n")


def test_inspect_json():
    status, out, _ = run("inspect", "--json")
    same(status, 0)
    plugins = {(p["kind"], p["name"]): p
               for p in json.loads(out)["plugins"]}
    tcp = plugins["transport", "tcp-hub"]
    has(tcp["schemes"], "tcp")
    assert os.path.isfile(tcp["file"])
    same(tcp["abi"], 1)
    linger = [p for p in tcp["properties"] if p["name"] == "linger"][0]
    same((linger["type"], linger["default"]), ("int", "-1"))
    has(plugins, ("protocol", "zmtp"), ("strategy", "round-robin"))


def test_inspect_one():
    for name in ("tcp", "tcp-hub"):
        status, out, _ = run("inspect", name)
        same(status, 0)
        has(out.decode(), "tcp-hub (transport)", "address: tcp://",
            "linger: int: -1 to", "ABI: 1", "libhein-tcp.so")
    status, out, errors = run("inspect", "nothing")
    same((status, out), (1, b""))
    has(errors, "hein: no plugin is called 'nothing'", "looked in")


def test_inspect_address():
    """Both plugins of an address, with their options; the part that is none."""
    for address in "tcp+soc", "tcp+soc://127.0.0.1:5555":
        status, out, errors = run("inspect", address)
        same((status, errors), (0, ""))
        has(out.decode(), "tcp-hub (transport)", "max-peers:",
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
    same(json.loads(line), {"sender": "anna", "topic": '"q"',
                            "payload": text})
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


# ---- keygen ----


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def read_text(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def test_keygen():
    keys = set()
    with tempfile.TemporaryDirectory() as folder:
        # a umask can neither open the file nor close it to its owner
        for mask in (0o000, 0o077, 0o777):
            path = os.path.join(folder, f"key {mask} & more")
            old = os.umask(mask)
            try:
                status, out, errors = run("keygen", path)
            finally:
                os.umask(old)
            same((status, errors), (0, ""))
            same(mode_of(path), 0o600)
            key = read_text(path)
            assert re.fullmatch(r"[0-9a-f]{64}\n", key), len(key)
            assert key.strip() not in out.decode(), "it shows the key"
            keys.add(key)
            (uri,) = re.findall(r"udp-multicast://\S+", out.decode())
            has(uri, "key-file=/", "%20%26%20more")
        same(len(keys), 3)


def test_keygen_refuses():
    with tempfile.TemporaryDirectory() as folder:
        path = make_file(folder, b"precious")
        link = os.path.join(folder, "link")
        os.symlink(os.path.join(folder, "target"), link)
        for there in (path, link, folder):
            status, out, errors = run("keygen", there)
            same((status, out), (1, b""))
            has(errors, there, "never overwritten")
        same(read_text(path), "precious")
        for lost in (os.path.join(folder, "none", "key"),
                     os.path.join(path, "key")):
            status, out, errors = run("keygen", lost)
            same((status, out), (1, b""))
            has(errors, lost, "folder is not there")
        same(sorted(os.listdir(folder)), ["link", "payload"])
    status, _, errors = run("keygen", "/proc/key")
    same(status, 1)
    has(errors, "/proc/key: ")


def test_keygen_ring():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ring")
        same(run("keygen", "--ring", "--until", "2030-01-01", path)[0], 0)
        same(mode_of(path), 0o600)
        with open(path, "a", encoding="ascii") as file:
            file.write("\n# a remark, and a line without its end\n"
                       f"41 {'ab' * 32} - -")
        status, out, _ = run("keygen", "--ring", "--from", "1893456000",
                             "--until", "2030-01-01T03:00:00+02:00", path)
        same(status, 0)
        has(out.decode(), "key-ring-file=" + path)
        same(run("keygen", "--ring", path)[0], 0)
        text = read_text(path)
        words = [line.split() for line in text.splitlines()
                 if line and line[0] != "#"]
        same([(word[0], *word[2:]) for word in words],
             [("1", "-", "1893456000"), ("41", "-", "-"),
              ("42", "1893456000", "1893459600"), ("43", "-", "-")])
        same(len({word[1] for word in words}), 4)
        status, _, errors = run("keygen", "--ring", path)
        same((status, read_text(path)), (1, text))
        has(errors, "has 4 keys")


def test_keygen_ring_serves():
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ring")
        for _ in range(2):
            same(run("keygen", "--ring", path)[0], 0)
        status, checks, _ = doctor(f"{free_group()}?interface=lo&"
                                   f"key-ring-file={path}")
        same((status, levels_of(checks, "keys"), levels_of(checks, "options")),
             (0, ["ok"], ["ok"]))
        has(one_of(checks, "keys")["found"], "has 2 of")


def test_keygen_ring_refuses():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ring")
        secret = "cd" * 32
        for text, why in ((f"one {secret} - -\n", "line 1: the epoch"),
                          (f"\n1 {secret}0 - -\n", "line 2: the key"),
                          ("1\n", "line 1: the key"),
                          (f"1 {secret} - -\n\0", "is no text"),
                          ("#" * 20000, "larger than")):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(path, 0o600)
            status, _, errors = run("keygen", "--ring", path)
            same((status, read_text(path)), (1, text))
            has(errors, path, why)
            assert secret not in errors, "it shows the key"
        os.chmod(path, 0o640)
        status, _, errors = run("keygen", "--ring", path)
        same(status, 1)
        has(errors, "0640")


# ---- doctor ----


def doctor(uri, *args):
    """Status, the checks, and what it says in text."""
    status, out, errors = run("doctor", "--json", *args, uri)
    same(errors, "")
    found = json.loads(out)
    same(found["address"], uri)
    for level, name in (("problem", "problems"), ("warning", "warnings")):
        same(found[name], sum(check["level"] == level
                              for check in found["checks"]))
    for check in found["checks"]:
        same(sorted(check), ["change", "found", "level", "subject"])
        has(("ok", "warning", "problem"), check["level"])
    same(status, 1 if found["problems"] > 0 else 0)
    text_status, text, _ = run("doctor", *args, uri)
    same(text_status, status)
    return status, found["checks"], text.decode()


def levels_of(checks, subject):
    return [check["level"] for check in checks if check["subject"] == subject]


def one_of(checks, subject):
    (check,) = [check for check in checks if check["subject"] == subject]
    return check


def need_multicast():
    if b"udp-multicast" not in run("inspect")[1]:
        raise Skip("built without udp-multicast")


def free_group():
    """The address of a group with a port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("239.255.7.7", 0))
        return f"udp-multicast://239.255.7.7:{probe.getsockname()[1]}"


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


def test_doctor_group():
    need_multicast()
    group = free_group()
    for uri in (group, group + "?interface=lo",
                group + "?interface=127.0.0.1&ttl=0"):
        status, checks, text = doctor(uri)
        same((uri, status), (uri, 0))
        for subject in ("address", "group", "secrecy", "options", "route",
                        "port", "join", "echo", "memberships"):
            same((subject, levels_of(checks, subject)), (subject, ["ok"]))
        has(one_of(checks, "join")["found"], "joined on lo")
        has(one_of(checks, "echo")["found"], "came back on lo")
        has(text, levels_of(checks, "receive buffer")[0].ljust(8)
            + " receive buffer: ")
        (lo,) = [check["found"] for check in checks
                 if check["subject"] == "interface"
                 and check["found"].startswith("lo:")]
        has(lo, "lo: used, up, loopback", "MTU ", "127.0.0.1")
        has(text, "\n0 problems, ")


def test_doctor_group_problems():
    need_multicast()
    group = free_group()
    for uri, subject, found in (
            ("udp-multicast://127.0.0.1:7000", "group", "127.0.0.1"),
            ("udp-multicast://239.255.7.7", "port", "missing"),
            (group + "/path", "path", "/path"),
            (group + "?interface=nosuch0", "interface", "nosuch0"),
            (group + "?interface=nosuch0", "secrecy", "refused"),
            (group + "?ttl=2", "secrecy", "refused"),
            (group + "?reliable=yes", "options", "format=hein"),
            (group + "?loopback=no", "options", "nobody would hear"),
            ("udp-multicast://[ff02::7%25lo]:7000", "group", "%lo"),
            ("udp-multicast://[ff02::7]:7000?interface=lo,lo", "interface",
             "one interface"),
            (group + "?key-file=/nowhere/key", "key", "/nowhere/key"),
            (group + "?key-ring-file=/nowhere/key", "keys", "/nowhere/key")):
        status, checks, text = doctor(uri)
        same((uri, status), (uri, 1))
        has([check["level"] for check in checks if check["subject"] == subject
             and found in check["found"]], "problem")
        has(text, f"problem  {subject}: ", found)
    # what the network would hear of is left to --join, and this has no network
    status, checks, _ = doctor(group + "?interface=lo", "--join")
    same((status, levels_of(checks, "join")), (0, ["ok"]))
    # headers of IPv6 are larger, too large for the loopback's 65536; whether
    # it has IPv6 at all is not asked here
    _, checks, _ = doctor("udp-multicast://[ff15::7]:7?interface=lo&mtu=65507")
    same(levels_of(checks, "mtu"), ["warning"])
    status, checks, _ = doctor(group + "?interface=lo&plaintext=yes&mtu=65507")
    same((status, levels_of(checks, "mtu")), (0, []))
    same(levels_of(checks, "secrecy"), ["warning"])


def test_doctor_group_port():
    need_multicast()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("239.255.7.7", 0))
        port = taken.getsockname()[1]
        status, checks, _ = doctor(f"udp-multicast://239.255.7.7:{port}")
        same((status, levels_of(checks, "port")), (1, ["problem"]))
        same(levels_of(checks, "join"), ["problem"])


def test_doctor_hears_nobody():
    """A member of the group hears nothing of it."""
    need_multicast()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as member:
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        member.bind(("239.255.7.7", 0))
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                          socket.inet_aton("239.255.7.7")
                          + socket.inet_aton("127.0.0.1"))
        member.setblocking(False)
        port = member.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "key")
            same(run("keygen", path)[0], 0)
            same(doctor(f"udp-multicast://239.255.7.7:{port}?interface=lo&"
                        f"key-file={path}")[0], 0)
        try:
            raise AssertionError(f"it heard {member.recv(2048)!r}")
        except BlockingIOError:
            pass


def test_doctor_key():
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key")
        uri = f"{free_group()}?interface=lo&key-file={path}"
        same(run("keygen", path)[0], 0)
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "key")), (0, ["ok"]))
        os.chmod(path, 0o644)
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "key")), (1, ["problem"]))
        has(one_of(checks, "key")["found"], path, "0644")
        has(one_of(checks, "key")["change"], "chmod 600")
        os.chmod(path, 0o600)
        with open(path, "w", encoding="ascii") as file:
            file.write("no key")
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "key")), (1, ["ok"]))
        has(one_of(checks, "options")["found"], path)


def test_doctor_tcp():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for scheme in ("tcp", "channel"):
            uri = f"{scheme}://localhost:{port}"
            status, checks, text = doctor(uri)
            same((status, levels_of(checks, "port")), (1, ["problem"]))
            has(one_of(checks, "port")["found"], "taken", "in use")
            has(text, "problem  port: ", "port-scan")
            same(doctor(uri + "?port-scan=100")[0], 0)
        taken.setblocking(False)
        try:
            taken.accept()
            raise AssertionError("the doctor came in")
        except BlockingIOError:
            pass
    for uri in (f"tcp://127.0.0.1:{port}", "tcp://localhost:0",
                "tcp://*:0?plaintext=yes", "channel+socketengine://:0"):
        status, checks, _ = doctor(uri)
        same((uri, status, levels_of(checks, "port")), (uri, 0, ["ok"]))
    for uri, subject in (("tcp://*:0", "secrecy"), ("tcp://localhost", "port"),
                         ("tcp://192.0.2.77:1", "secrecy"),
                         ("tcp://localhost:0/path", "path")):
        status, checks, _ = doctor(uri)
        same((uri, status, levels_of(checks, subject)), (uri, 1, ["problem"]))
    for uri in ("tcp://name.invalid:1", "tcp://name.invalid:1?plaintext=yes"):
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "host"), levels_of(checks, "secrecy")),
             (0, ["warning"], ["warning"]))


def test_doctor_unix():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        uri = "unix://" + path
        same(doctor(uri)[0], 0)
        same(os.listdir(folder), [])
        with Running("receive", "--listen", uri) as receiver:
            receiver.uri()
            status, checks, _ = doctor(uri)
            same((status, levels_of(checks, "socket")), (1, ["problem"]))
            # neither it nor its lock was harmed
            same(run("send", "--dial", uri, "text")[0], 0)
        same(sorted(os.listdir(folder)), ["socket", "socket.lock"])
        status, checks, _ = doctor(uri)
        same(status, 0)
        has(one_of(checks, "socket")["found"], "stale")
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen()
            status, checks, _ = doctor(uri)
            same((status, levels_of(checks, "socket")), (1, ["problem"]))
        os.unlink(path)
        make_file(folder, b"")
        for bad, subject in ((f"unix://{folder}/payload", "socket"),
                             (f"unix://{folder}/none/socket", "folder"),
                             ("unix:///" + "x" * 200, "path"),
                             ("unix:relative", "path"),
                             ("unix://host/path", "path")):
            status, checks, _ = doctor(bad)
            same((bad, status, levels_of(checks, subject)),
                 (bad, 1, ["problem"]))
        name = "hein-test-" + os.path.basename(folder)
        same(doctor("unix:@" + name)[0], 0)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind("\0" + name)
            other.listen()
            same(doctor("unix:@" + name)[0], 1)


def test_doctor_others():
    same(doctor("inproc://work")[0], 0)
    status, checks, _ = doctor("pigeon://loft")
    same((status, [check["level"] for check in checks]), (1, ["problem"]))
    has(checks[0]["found"], "pigeon", "tcp")


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


def main():
    tests = [(name, test) for name, test in globals().items()
             if name.startswith("test_") and sys.argv[1:] in ([], [name])]
    n_failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} {name} # SKIP {reason}", flush=True)
        except (AssertionError, OSError, ValueError, KeyError, IndexError,
                subprocess.TimeoutExpired):
            n_failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} {name}", flush=True)
    return 1 if n_failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
