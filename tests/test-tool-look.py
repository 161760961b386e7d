#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands that look into running buses: `hein ps`, `peers`, `top`, `ping` and
`stats`."""

import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

import tap
from look_place import Place, stop
from tool_test import LIMIT_S, TOOL, Running, has, run, same


# ---- who is there ----


def test_nobody():
    with Place() as place:
        for command in ("ps", "peers"):
            status, out, errors = place.run(command)
            same((status, out), (0, b""))
            has(errors, "no bus that can be looked into", "HEIN_INSPECT=1")
            status, out, errors = place.run(command, "bert")
            same((status, out), (1, b""))
            has(errors, "the process id or name 'bert'")


def test_lists():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.receive("carl", "--dial", uri)
        found = place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 1)
        same(sorted(found), ["bert", "carl"])
        same(found["bert"]["pid"], bert.process.pid)
        same(found["bert"]["program"], "hein receive")
        same(found["bert"]["endpoints"][0]["role"], "listen")
        same(found["bert"]["endpoints"][0]["bound-uri"], uri)
        status, out, errors = place.run("ps")
        same((status, errors), (0, ""))
        head, *rows = out.decode().splitlines()
        same(head.split(), ["PID", "PROGRAM", "NAME", "PEERS", "SENT", "RECEIVED",
                            "DROPPED", "ADDRESSES"])
        assert [row for row in rows if re.fullmatch(
            rf" *{bert.process.pid}  hein receive  bert +1 +0 +0 +0  "
            rf"listen {re.escape(uri)}", row)], rows


def test_counts():
    with Place() as place:
        _, uri = place.receive("bert")
        same(place.run("send", "--dial", uri, "--repeat", "3", "x"), (0, b"", ""))
        found = place.wait(
            lambda buses: buses["bert"]["bus"]["messages-received"] == 3
            and buses["bert"]["bus"]["peers"] == 0)
        same(found["bert"]["bus"]["messages-sent"], 0)


def test_one():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.receive("carl", "--dial", uri)
        place.receive("bert", "--dial", uri)
        for who in (str(bert.process.pid), "carl"):
            status, out, errors = place.run("ps", who)
            same((status, errors, len(out.splitlines())), (0, "", 2))
        same(len(place.run("ps", "bert")[1].splitlines()), 3)
        for wrong in ("ber", "bert-", "dora", "1", "99999999999999999999", "../x", ""):
            same(place.run("ps", wrong)[0], 1)
        status, _, errors = place.run("ps", "bert", "carl")
        same(status, 2)
        has(errors, "takes one process id or name, not 2 arguments")
        same(place.run("ps", "--timeout", "-1")[0], 2)


def test_peers():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.receive("carl", "--dial", uri)
        place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 1)
        status, out, errors = place.run("peers", "bert")
        same((status, errors), (0, ""))
        head, row = out.decode().splitlines()
        same(head.split(), ["NAME", "ADDRESS", "PROTOCOL", "SECURITY", "QUEUED", "SENT",
                            "RECEIVED", "DROPPED", "RTT", "NOTES"])
        assert re.fullmatch(r"carl  127\.0\.0\.1:\d+  tcp\+zmtp  none +0 +0 +0 +0 +\S.*",
                            row), row
        status, out, errors = place.run("peers", str(bert.process.pid), "--json")
        same((status, errors), (0, ""))
        peer = json.loads(out)
        same((peer["pid"], peer["bus"], peer["peer"]["name"]),
             (bert.process.pid, "bert", "carl"))
        status, out, errors = place.run("peers")
        same((status, errors), (0, ""))
        has(out.decode(), f"bert, process {bert.process.pid} (hein receive):\nNAME",
            "\n\ncarl, process ")


def test_drops():
    """What was dropped of which peer, and why."""
    with Place() as place:
        bert, uri = place.receive("bert")
        sender = place.stack.enter_context(Running(
            "send", "--name", "anna", "--dial", uri, "--expires", "1", "-",
            env=place.env, stdin=subprocess.PIPE))
        place.wait(lambda buses: "anna" in buses and buses["anna"]["bus"]["peers"] == 1)
        stop(bert)
        # the first of them fill the socket, and the others wait too long
        sender.process.stdin.write((b"x" * (4 << 20) + b"\n") * 5)

        def dropped():
            line = place.run("peers", "anna", "--json")[1]
            return json.loads(line)["peer"].get("dropped", {})

        end = time.monotonic() + LIMIT_S
        while not dropped().get("expired"):
            assert time.monotonic() < end
        n = dropped()["expired"]
        has(place.run("peers", "anna")[1].decode(), f"{n} expired")
        has(place.run("stats", "anna")[1].decode(), "dropped: expired")


def test_ping():
    with Place() as place:
        bert, uri = place.receive("bert")
        carl, _ = place.receive("carl", "--dial", uri)
        dora, _ = place.receive("dora", "--dial", uri)
        place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 2)
        status, out, errors = place.run("ping", "bert")
        same((status, errors), (0, ""))
        head, *rows = out.decode().splitlines()
        same(head.split(), ["BUS", "PEER", "ROUND", "TRIP"])
        same(sorted(row.split()[:2] for row in rows), [["bert", "carl"], ["bert", "dora"]])
        assert all(re.search(r"  \d+\.\d{3} ms$", row) for row in rows), rows
        stop(carl)
        status, out, errors = place.run("ping", "bert", "--timeout", "0.5", "--json")
        same((status, errors), (1, ""))
        found = {ping["ping"]["peer"]: ping["ping"]
                 for ping in map(json.loads, out.splitlines())}
        has(found["carl"]["error"], "no sign of life within 500 ms")
        assert found["dora"]["rtt-us"] > 0
        status, out, errors = place.run("ping", "bert", "dora")
        same((status, errors, len(out.splitlines())), (0, "", 2))
        status, out, errors = place.run("ping", "bert", "emil")
        same((status, out), (1, b""))
        has(errors, "no peer is called 'emil'")
        # who asked is gone before the peer has answered
        gone = place.stack.enter_context(Running(
            "ping", "bert", "--timeout", "3600", env=place.env))
        place.wait(lambda buses: buses["bert"])
        gone.process.kill()
        carl.process.send_signal(signal.SIGCONT)
        same(place.run("ping", "bert")[0], 0)
        for args, error in ((["bert", "carl", "x"], "one peer, not 3 arguments"),
                            (["--timeout", "3601"], "0 to 3600")):
            status, out, errors = place.run("ping", *args)
            same((status, out), (2, b""))
            has(errors, error)


def test_stats():
    with Place() as place:
        bert, uri = place.receive('b"er\\t')
        same(place.run("send", "--dial", uri, "--repeat", "3", "x"), (0, b"", ""))
        place.wait(lambda buses: buses['b"er\\t']["bus"]["messages-received"] == 3)
        status, out, errors = place.run("stats")
        same((status, errors), (0, ""))
        assert re.search(r"^messages-received +3$", out.decode(), re.M), out
        same(json.loads(place.run("stats", "--json")[1])["bus"]["messages-received"], 3)
        status, out, errors = place.run("stats", "--openmetrics")
        same((status, errors), (0, ""))
        metrics = read_metrics(out.decode())
        # the backslash is escaped for a terminal, and that for OpenMetrics
        labels = (f'bus="b\\"er\\\\\\\\t",pid="{bert.process.pid}",program="hein receive"')
        same(metrics["hein_messages_received_total"], {labels: 3})
        same(metrics["hein_bus_answers"], {labels: 1})
        same(metrics["hein_messages_dropped_total"][labels + ',reason="overflow"'], 0)
        stop(bert)
        status, out, _ = place.run("stats", "--openmetrics", "--timeout", "0.5")
        same(status, 3)
        metrics = read_metrics(out.decode())
        same(metrics["hein_bus_answers"], {labels: 0})
        assert "hein_messages_received_total" not in metrics
        same(place.run("stats", "--json", "--openmetrics")[0], 2)


# ---- top ----


def top(place, *args):
    """Status, and by round what is said of buses and of peers."""
    status, out, errors = place.run("top", "--json", *args)
    same(errors, "")
    rounds = {}
    for found in map(json.loads, out.splitlines()):
        kind = "peers" if "peer" in found else "buses"
        rounds.setdefault(found["round"], {"buses": {}, "peers": {}})[kind][
            found.get("peer") or found["bus"]] = found
    return status, rounds


def test_top():
    with Place() as place:
        bert, uri = place.receive("bert")
        place.stack.enter_context(Running(
            "send", "--name", "anna", "--dial", uri, "--repeat", "0", "--interval", "0.01",
            "x", env=place.env))
        place.wait(lambda buses: buses["bert"]["bus"]["messages-received"] > 0)
        status, rounds = top(place, "--count", "2", "--interval", "0.5")
        same((status, sorted(rounds)), (0, [1, 2]))
        same(sorted(rounds[2]["buses"]), ["anna", "bert"])
        same(rounds[1]["buses"]["anna"]["sent-per-second"], 0)
        for bus, what, other in (("anna", "sent", "received"), ("bert", "received", "sent")):
            one, two = (rounds[n]["buses"][bus] for n in (1, 2))
            assert two[f"messages-{what}"] > one[f"messages-{what}"], (one, two)
            assert 0 < two[f"{what}-per-second"] <= 120, two
            same(two[f"{other}-per-second"], 0)
        assert rounds[2]["peers"]["bert"]["sent-per-second"] > 0
        status, out, errors = place.run("top", "bert", "--count", "2", "--interval", "0.1")
        same((status, errors), (0, ""))
        first, second = out.decode().split("\n\nBUS ")
        for text in first, second:
            has(text, "\n\nPEER ", " hein receive")
        stop(bert)
        _, rounds = top(place, "--count", "1")
        same(rounds[1]["buses"]["bert"]["problem"], "does not answer")
        for args in (["--interval", "0"], ["--interval", "nan"], ["--count", "0"], ["a", "b"]):
            same((args, place.run("top", *args)[0]), (args, 2))


def test_top_beside_stopped():
    """Who does not answer costs the others nothing of their time."""
    with Place() as place:
        bert, uri = place.receive("bert")
        carl, _ = place.receive("carl", "--dial", uri)
        place.wait(lambda buses: buses["bert"]["bus"]["peers"] == 1)
        stop(carl)
        status, rounds = top(place, "--count", "2", "--interval", "0.1")
        same((status, sorted(rounds)), (0, [1, 2]))
        for found in rounds.values():
            same(found["buses"]["carl"].get("problem"), "does not answer")
            same(found["buses"]["bert"].get("problem"), None)
            same(sorted(found["peers"]), ["carl"])
            same(found["peers"]["carl"]["bus"], "bert")


class Terminal:
    """A terminal of that size, in which hein runs."""

    def __init__(self, place, columns, lines, *args):
        self.fd, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = termios.tcgetattr(end)
        self.process = subprocess.Popen([TOOL, *args], stdin=end, stdout=end, stderr=end,
                                        env={**place.env, "TERM": "xterm"})
        self.end, self.text = end, ""

    def read_until(self, mark):
        while mark not in self.text:
            self.text += os.read(self.fd, 65536).decode()
        return self.text

    def close(self):
        """Its status; the terminal is as it was."""
        self.read_until("\x1b[?1049l")
        status = self.process.wait(LIMIT_S)
        same(termios.tcgetattr(self.end), self.before)
        os.close(self.end)
        os.close(self.fd)
        return status


def pages(text):
    """What was drawn, each time, without colours."""
    for page in text.split("\x1b[H")[1:]:
        yield re.sub(r"\x1b\[(K|\d*m|J|\?\d+[lh])", "", page).split("\r\n")


def losing(connection):
    """A bus that loses more and more."""
    for n in range(1, 1000):
        request = connection.recv(4096)
        if not request:
            return
        told = {"name": "n\u4e2d" + ESCAPES * 9, "messages-sent": 10 ** n % 10 ** 15,
                "dropped": {"overflow": n}}
        connection.sendall(line({"hein": 1}) + (
            line({"bus": {**told, "peers": 1, "name": "evil"}}) if b"bus" in request
            else line({"peer": told})) + line({"end": True}))


def test_top_on_terminals():
    with Place() as place:
        place.serve("evil", lambda connection: losing(connection))
        place.receive("bert")
        for columns, lines in ((20, 24), (80, 24), (300, 3), (1, 1), (59, 50)):
            terminal = Terminal(place, columns, lines, "top", "--interval", "0.1")
            text = terminal.read_until("\x1b[J")
            os.write(terminal.fd, b"xq")
            same(terminal.close(), 0)
            for page in pages(text):
                assert len(page) <= lines, page
                for shown in page:
                    width = sum(2 if c == "\u4e2d" else 1 for c in shown)
                    assert width <= columns, (columns, shown)
                    assert all(c.isprintable() for c in shown), repr(shown)
            has(text, *(["evil", "bert"] if lines > 20 else []))
        terminal = Terminal(place, 20, 9, "top", "--interval", "3600")
        terminal.read_until("\x1b[J")
        terminal.process.send_signal(signal.SIGTERM)
        same(terminal.close(), 0)


def test_top_in_red():
    """Who loses messages is red, and nobody else."""
    lost = iter(range(1, 10 ** 6))

    def say(connection):
        while request := connection.recv(4096):
            connection.sendall(line({"hein": 1}) + line(
                {"bus": {"name": "evil", "dropped": {"overflow": next(lost)}}}
                if b"bus" in request else {"news": 1}) + line({"end": True}))

    with Place() as place:
        place.serve("evil", say)
        place.receive("bert")
        terminal = Terminal(place, 100, 24, "top", "--interval", "0.1")
        text = terminal.read_until("\x1b[31mevil")
        os.write(terminal.fd, b"q")
        same(terminal.close(), 0)
        has(text, "overflow\x1b[m")
        assert "\x1b[31mbert" not in text


def test_top_of_many():
    n = 10000

    def say(connection):
        while request := connection.recv(4096):
            connection.sendall(line({"hein": 1}) + (
                line({"bus": {"name": "hub", "peers": n}}) if b"bus" in request else
                b"".join(line({"peer": {"name": f"peer-{i}", "queued-bytes": i}})
                         for i in range(n))) + line({"end": True}))

    with Place() as place:
        place.serve("hub", say)
        status, rounds = top(place, "--count", "1")
        same((status, len(rounds[1]["peers"])), (0, n))
        terminal = Terminal(place, 80, 24, "top")
        text = terminal.read_until("\x1b[J")
        os.write(terminal.fd, b"q")
        same(terminal.close(), 0)
        # those for whom most waits
        has(text, "peer-9999", "peer-9980")
        assert "peer-9960" not in text


def read_metrics(text):
    """As OpenMetrics 1.0 has it: the samples of each family stand together, behind
    what is said of it, and the text has an end."""
    *lines, end = text.splitlines()
    same(end, "# EOF")
    found, family, seen = {}, None, set()
    for line in lines:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in seen and kind in ("counter", "gauge"), line
            seen.add(family)
        elif line.startswith("#"):
            assert line.startswith((f"# HELP {family} ", f"# UNIT {family} bytes")), line
        else:
            name, labels, value = re.fullmatch(
                r'(\w+)\{((?:\w+="(?:[^"\\]|\\[\\"n])*",?)+)\} (\d+)', line).groups()
            same(name, family + ("_total" if kind == "counter" else ""))
            found.setdefault(name, {})[labels] = int(value)
    return found


def test_off():
    with Place() as place:
        place.env["HEIN_INSPECT"] = "0"
        place.receive("bert")
        has(place.run("ps")[2], "no bus that can be looked into")


# ---- who does not answer ----


def test_stopped():
    with Place() as place:
        bert, uri = place.receive("bert")
        carl, _ = place.receive("carl", "--dial", uri)
        stop(carl)
        status, found = place.ps("--timeout", "0.5")
        same(status, 3)
        same(found["carl"]["problem"], "does not answer")
        same(found["bert"]["bus"]["name"], "bert")
        status, out, errors = place.run("ps", "--timeout", "0.5")
        same((status, errors), (3, ""))
        assert re.search(rf"{carl.process.pid}  hein receive  carl +- +- +- +-  "
                         "does not answer", out.decode()), out
        status, _, errors = place.run("peers", "carl", "--timeout", "0.5")
        same(status, 3)
        has(errors, f"carl, process {carl.process.pid}: does not answer: its program "
                    "may be stopped, busy or blocked")
        carl.process.send_signal(signal.SIGCONT)
        same(place.ps()[0], 0)
        same(bert.process.poll(), None)


def test_killed():
    """Whoever meets what a process has left removes it."""
    with Place() as place:
        bert, _ = place.receive("bert")
        (path,) = place.folder.iterdir()
        bert.process.kill()
        bert.process.wait()
        assert path.exists()
        status, out, errors = place.run("ps")
        same((status, out), (0, b""))
        has(errors, "no bus that can be looked into")
        same(list(place.folder.iterdir()), [])


def test_not_a_bus():
    with Place() as place:
        place.receive("bert")
        for name in ("1-file", "x-y", "-1-x", "0-x", "readme", "99999999999-x"):
            (place.folder / name).write_text("no socket")
        same(list(place.ps()[1]), ["bert"])


# ---- what is behind a socket may be anything ----

ESCAPES = "\x1b[2J\x07\u202e\x9b\r\n"
BUS = {"name": "evil", "peers": 1, "messages-sent": 1, "dropped": {}}


def line(value):
    return json.dumps(value).encode() + b"\n"


def say_all(*lines):
    def say(connection):
        connection.recv(4096)
        connection.sendall(b"".join(lines))
        connection.recv(1)
    return say


def test_terminal_is_safe():
    peer = {"name": ESCAPES, "address": ESCAPES, "transport": ESCAPES,
            "protocol": ESCAPES, "security": ESCAPES}
    with Place() as place:
        place.serve("evil%1B%5B2J", say_all(
            line({"hein": 1}), line({"bus": {**BUS, "name": ESCAPES}}),
            line({"endpoint": {"role": ESCAPES, "uri": ESCAPES, "state": ESCAPES}}),
            line({"peer": peer}), line({"ping": {"peer": ESCAPES}}), line({"end": True})))
        for args in (["ps"], ["ps", "--json"], ["peers"], ["peers", "--json"],
                     ["ping"], ["ping", "--json"], ["stats"], ["stats", "--json"],
                     ["stats", "--openmetrics"]):
            status, out, errors = place.run(*args)
            same((args, status), (args, 0))
            for text in (out.decode(), errors):
                found = [c for c in text if c != "\n" and (ord(c) < 32 or c in "\x7f\x9b\u202e")]
                same((args, found), (args, []))


def test_hostile():
    def endless(connection):
        while True:
            connection.sendall(b"x" * 65536)

    def many(connection):
        while True:
            connection.sendall(line({"peer": {"name": "x" * 1000}}) * 60)

    cases = {
        "garbage": (say_all(b"\xff\xfe\n"), "says what no bus says", 1),
        "no-json": (say_all(b"{,}\n"), "says what no bus says", 1),
        "deep": (say_all(b'{"bus":' + b"[" * 5000 + b"\n"), "says what no bus says", 1),
        "empty": (say_all(b"\n"), "says what no bus says", 1),
        "error": (say_all(line({"error": "no" + ESCAPES})), "no\\x1b[2J", 1),
        "gone": (lambda connection: None, "is gone", 1),
        "half": (say_all(b'{"bus":{"na'), "does not answer", 3),
        "silent": (lambda connection: connection.recv(5000) and connection.recv(1),
                   "does not answer", 3),
        "endless": (endless, "says more than any bus says", 1),
        "many": (many, "says more than any bus says", 1),
    }
    with Place() as place:
        place.receive("bert")
        for name, (say, error, wanted) in cases.items():
            path = place.serve(name, say)
            # what has an end of its own needs no hurry
            patience = "0.5" if wanted == 3 else "60"
            status, out, errors = place.run("peers", "--timeout", patience)
            same((name, status), (name, wanted))
            has(errors, f"{name}, process {os.getpid()}: {error}")
            has(out.decode(), "bert, process ")
            path.unlink()


def test_strange_members():
    """What is missing, or of another kind, is no reason to fail."""
    with Place() as place:
        place.serve("odd", say_all(
            line({"bus": 7}), line({"bus": {"name": 5, "peers": "many", "dropped": []}}),
            line({"bus": BUS}), line({"endpoint": None}), line({"endpoint": []}),
            line({"peer": []}), line({"peer": {"name": [], "queued-bytes": -1}}),
            line({"news": 1}), line({"end": True})))
        status, out, errors = place.run("ps")
        same((status, errors), (0, ""))
        has(out.decode(), "evil")
        for args in (["peers"], ["peers", "--json"], ["ps", "--json"], ["stats"],
                     ["stats", "--openmetrics"]):
            status, out, errors = place.run(*args)
            same((args, status, errors), (args, 0, ""))


def test_folder_of_others():
    with Place() as place:
        place.receive("bert")
        place.folder.chmod(0o755)
        status, out, errors = place.run("ps")
        same((status, out), (1, b""))
        has(errors, f"{place.folder} can be entered by other users")
        place.folder.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(place.folder, 65534, 65534)
            status, out, errors = place.run("ps")
            same((status, out), (1, b""))
            has(errors, f"{place.folder} belongs to another user")
            os.chown(place.folder, 0, 0)
    for value, error in ((None, "XDG_RUNTIME_DIR is not set: set it to what the"),
                         ("here", "XDG_RUNTIME_DIR is not an absolute path")):
        env = {**os.environ, "XDG_RUNTIME_DIR": value or ""}
        status, out, errors = run("ps", env=env)
        same((status, out), (1, b""))
        has(errors, f"no bus can be looked into: {error}")


def test_socket_of_others():
    """What another user listens to is not asked, even in our folder."""
    if os.geteuid() != 0:
        raise tap.Skip("only root can be somebody else")
    with Place() as place:
        place.folder.mkdir(mode=0o700)
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(place.folder / f"{os.getpid()}-evil"))
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            server.listen()
            signal.pause()
        try:
            end = time.monotonic() + LIMIT_S
            # until it listens, nobody is there
            while (found := place.run("peers"))[0] != 1:
                assert time.monotonic() < end, found
            _, out, errors = found
            has(errors, "belongs to another user")
            same(out, b"")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            server.close()


sys.exit(tap.run_functions(globals()))
