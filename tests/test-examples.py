#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples that do what programs of other libraries do, with each other, in
every combination of languages. TAP.

Who listens does so on port 0 and says where; nobody pauses. Groups have no port
0: theirs are random, with a port that was free, on lo. H…, T…, S…, A… and M…
are the requirements that a test stands for.

usage: test-examples.py BUILT-EXAMPLES EXAMPLES c|python|js...
"""
import contextlib
import itertools
import os
import queue
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty
from pathlib import Path

import processes
import tap
from gtk_screen import GTK, need_gtk, screen

LIMIT_S = 60
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", **GTK}
BUILT, SOURCE, LANGUAGES = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


class Program:
    """An example that runs; what it prints is read line by line."""

    def __init__(self, language, name, *args, **variables):
        command = {"c": [BUILT / name],
                   "gjs-module": ["gjs", "-m", SOURCE / f"{name}.js"],
                   "python": [sys.executable, SOURCE / f"{name}.py"],
                   "js": ["gjs", SOURCE / f"{name}.js"]}[language]
        self.name = name
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [*command, *map(str, args)], encoding="utf-8", env=ENVIRONMENT | variables,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def next(self):
        try:
            return self.lines.get(timeout=LIMIT_S)
        except queue.Empty:
            raise AssertionError(f"{self.name} says no more") from None

    def take(self, n):
        return [self.next() for _ in range(n)]

    def expect(self, *lines):
        same(self.take(len(lines)), list(lines))

    def after(self, head):
        """What the next line says behind these words."""
        line = self.next()
        assert line.startswith(head), f"{self.name} says {line!r}"
        return line[len(head):]

    def uri(self):
        return self.after("listening on ")

    def say(self, *lines):
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def finish(self, status=0):
        """It ends by itself, has nothing more to say, and complains only when
        it fails."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        same(self.process.wait(LIMIT_S), status)
        self.reader.join(LIMIT_S)
        same(list(self.lines.queue), [])
        same(self.process.stderr.read() != "", status > 0)

    def stop(self):
        """For those that do not end by themselves."""
        self.process.terminate()
        self.finish(-signal.SIGTERM)


def check_greeter(greeter, subscriber):
    """It waits for as many as it is to, and leaves when they have it."""
    with Program(greeter, "greeter", 2, "tcp://127.0.0.1:0") as sender:
        uri = sender.uri()
        with Program(subscriber, "subscriber", "kirk", uri) as first, \
                Program(subscriber, "subscriber", "spock", uri) as second:
            first.expect("greeting: hello, all 2!")
            second.expect("greeting: hello, all 2!")
            sender.finish()
            first.stop()
            second.stop()


def check_divider(divider, pupil):
    """An answer, and two errors that are one."""
    with Program(divider, "divider", "tcp://127.0.0.1:0") as server:
        uri = server.uri()
        for numbers, answer in ((("42", "6"), "7"),
                                (("1", "0"), "error 2: nothing is divided by 0"),
                                (("x", ""), "error 1: two numbers, please")):
            with Program(pupil, "pupil", *numbers, uri) as client:
                client.expect(answer)
                client.finish()
        server.stop()


def take_until(program, line):
    lines = []
    while (said := program.next()) != line:
        lines.append(said)
    return lines


def check_station():
    """Who is there, values and answers, with a key; who has another key is not."""
    if os.environ.get("HEIN_TEST_TLS") != "yes":
        raise tap.Skip("it was built without TLS")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("station", "other"):
            Path(folder, name).touch(0o600)
            Path(folder, name).write_text(secrets.token_hex(32))
        key, other = f"?key-file={folder}/station", f"?key-file={folder}/other"
        with Program("c", "dashboard", f"tcp://127.0.0.1:0{key}") as dashboard:
            uri = dashboard.uri()
            with Program("c", "stationd", "north", uri) as north:
                dashboard.expect("north is there (psk:station)")
                dashboard.after("north: it is ")
                float(dashboard.after("north: "))
                with Program("c", "stationd", "west", uri.replace(key, other)) as west:
                    while "has another key" not in (line := dashboard.next()):
                        assert line.startswith("north: "), line
                    assert '"west"' in line, line
                    west.process.kill()
                north.process.terminate()
                take_until(dashboard, "north is gone: in order")
                north.finish()
            dashboard.stop()


def check_jobs():
    """All jobs are done, though a worker is killed in the midst of one."""
    with Program("python", "jobs/boss", 6, "tcp://127.0.0.1:0") as boss:
        uri = boss.uri()
        with Program("python", "jobs/worker", "anna", uri, "3600") as anna:
            boss.expect("anna works")
            anna.expect("begins 0")
            anna.process.kill()
            boss.expect("job 0 is open again: anna went before it answered")
        with Program("python", "jobs/worker", "bert", uri, "0") as bert:
            boss.expect("bert works", *(f"job {i}: {i * i}" for i in range(6)))
            boss.finish()
            bert.expect(*(f"begins {i}" for i in (1, 2, 3, 4, 5, 0)))
            bert.finish()


def list_titles(display):
    shown = subprocess.run(["xwininfo", "-display", display, "-root", "-tree"],
                           capture_output=True, text=True, timeout=LIMIT_S, check=True)
    return re.findall(r'"([^"]*)": \("', shown.stdout)


def wait_for_title(display, title):
    end = time.monotonic() + LIMIT_S
    while title not in (titles := list_titles(display)):
        assert time.monotonic() < end, f"the windows are {titles}"


def check_gtk():
    """A list in a window follows the peers that come and go."""
    need_gtk()
    with screen() as display, Program("gjs-module", "gtk/peers", "tcp://127.0.0.1:0",
                                      DISPLAY=display) as window:
        uri = window.uri()
        wait_for_title(display, "Nobody is there")
        with Program("c", "subscriber", "kirk", uri) as kirk:
            wait_for_title(display, "kirk")
            with Program("c", "subscriber", "spock", uri) as spock:
                wait_for_title(display, "kirk, spock")
                kirk.stop()
                wait_for_title(display, "spock")
                spock.stop()
        wait_for_title(display, "Nobody is there")
        window.process.kill()


@contextlib.contextmanager
def serial_line():
    """The names of two devices: what is written to one comes out of the other."""
    ends = [os.openpty() for _ in range(2)]
    for _, device in ends:
        tty.setraw(device)

    def carry(source, target):
        with contextlib.suppress(OSError):
            while data := os.read(source, 4096):
                os.write(target, data)

    masters = [master for master, _ in ends]
    threads = [threading.Thread(target=carry, args=way, daemon=True)
               for way in (masters, masters[::-1])]
    for thread in threads:
        thread.start()
    try:
        yield [os.ttyname(device) for _, device in ends]
    finally:
        for _, device in ends:
            os.close(device)  # reading at the other side ends
        for thread in threads:
            thread.join(LIMIT_S)
        for master in masters:
            os.close(master)


def check_line(one, other):
    """A transport that hands in descriptors, at both ends of a serial line."""
    with serial_line() as devices, \
            Program(one, "serial/line", devices[0], "kirk") as kirk, \
            Program(other, "serial/line", devices[1], "spock") as spock:
        kirk.expect("spock is there")
        spock.expect("kirk is there")
        kirk.say("hello!", "again")
        spock.expect("kirk: hello!", "kirk: again")
        spock.say("x" * 3000)
        kirk.expect("spock: " + "x" * 3000)
        # a line has no end: who leaves says so, and the next one is met
        spock.finish()
        with Program(other, "serial/line", devices[1], "scott") as scott:
            kirk.expect("scott is there")
            scott.expect("kirk is there")
            scott.say("aye")
            kirk.expect("scott: aye")
            scott.process.kill()  # who is killed says nothing, and nobody sees it
            scott.process.wait()
        with Program(other, "serial/line", devices[1], "uhura") as uhura:
            kirk.expect("uhura is there")
            uhura.expect("kirk is there")
            uhura.say("hailing")
            kirk.expect("uhura: hailing")
            kirk.finish()
            uhura.finish()


def check_captain(captain, kirk):
    """H1, H5, H7: all receivers get it, and answer."""
    with Program(captain, "soc/captain", 2,
                 "tcp+soc://127.0.0.1:0?ack-timeout-ms=60000") as sender:
        uri = sender.uri()
        with Program(kirk, "soc/kirk", "kirk", uri) as first, \
                Program(kirk, "soc/kirk", "spock", uri) as second:
            same(sorted(sender.take(2)), ["hello: kirk", "hello: spock"])
            first.expect("chat: hello!")
            second.expect("chat: hello!")
            same(sorted(sender.take(2)), ["kirk: alive", "spock: alive"])
            sender.finish()
            first.stop()
            second.stop()


def check_silent_kirk(captain, kirk):
    """H5, H6: who does not answer is told from who does."""
    with Program(captain, "soc/captain", 2,
                 "tcp+soc://127.0.0.1:0?ack-timeout-ms=2000") as sender:
        uri = sender.uri()
        with Program(kirk, "soc/kirk", "kirk", uri) as first:
            sender.expect("hello: kirk")
            processes.stop(first.process)
            with Program(kirk, "soc/kirk", "spock", uri) as second:
                sender.expect("hello: spock")
                second.expect("chat: hello!")
                same(sorted(sender.take(2)), ["kirk: gone", "spock: alive"])
                sender.finish()
                second.stop()


def check_next_captain(captain, kirk):
    """H2: a receiver that is there first, and one that comes back."""
    with Program(captain, "soc/captain", 1, "tcp+soc://127.0.0.1:0") as sender:
        uri = sender.uri()
        with Program(kirk, "soc/kirk", "kirk", uri) as receiver:
            sender.expect("hello: kirk", "kirk: alive")
            sender.finish()
            receiver.expect("chat: hello!")
            with Program(captain, "soc/captain", 1, uri) as another:
                another.expect(f"listening on {uri}", "hello: kirk", "kirk: alive")
                another.finish()
            receiver.expect("chat: hello!")
            receiver.stop()


def check_echo(server, client):
    """T2, T3, T9, T10: QUIT ends the connection, SRVQUIT the server."""
    with Program(server, "tinyproto/echo-server",
                 "tcp+tinyproto://127.0.0.1:0?turn-ms=0") as echo:
        uri = echo.uri()
        with Program(client, "tinyproto/echo-client", uri) as first:
            name = echo.after("opened: ")
            for text in ("hello!", "", "käse", "x" * 10000):
                first.say(text)
                first.expect(f"Response from server: Echo back: {text}")
            first.say("QUIT", "not said any more")
            first.finish()
            echo.expect(f"closed: {name}")
        with Program(client, "tinyproto/echo-client", uri) as second, \
                Program(client, "tinyproto/echo-client", uri) as third:
            names = sorted(echo.after("opened: ") for _ in range(2))
            second.say("SRVQUIT")
            same(sorted(echo.after("closed: ") for _ in range(2)), names)
            second.finish()
            echo.finish()
            third.finish()


def check_chat(listener, dialler):
    """T10, T12: both speak, also at the same time; what was said goes out."""
    lines = [f"line {i}" for i in range(20)]
    with Program(listener, "tinyproto/chat", "listen",
                 "tcp+tinyproto://127.0.0.1:0") as kirk, \
            Program(dialler, "tinyproto/chat", "dial", kirk.uri()) as spock:
        kirk.after("hello: ")
        spock.after("hello: ")
        kirk.say("beam me up")
        spock.expect("beam me up")
        kirk.say(*lines)
        spock.say(*lines)
        kirk.expect(*lines)
        spock.expect(*lines)
        kirk.say("last")
        kirk.finish()
        spock.expect("last")
        spock.finish()


def check_hubs(listener, dialler):
    """S1, S2, S3, S4, S5: the last value, by name."""
    with Program(listener, "socketengine/hub", "listen", "kirk",
                 "channel+socketengine://127.0.0.1:0") as hub, \
            Program(dialler, "socketengine/hub", "dial", "kirk", hub.uri()) as kirk:
        hub.expect("speed: warp 9")
        kirk.expect("order: slower")
        kirk.finish()
        hub.finish()


def check_host(host, client):
    """S1, S2, S3, S4, S5: to all, and to a name."""
    with Program(host, "socketengine/host", 2,
                 "channel+socketengine://127.0.0.1:0") as ship:
        uri = ship.uri()
        with Program(client, "socketengine/client", "kirk", uri) as kirk, \
                Program(client, "socketengine/client", "spock", uri) as spock:
            same(sorted(ship.take(2)),
                 [f"{name}: client is connected" for name in ("kirk", "spock")])
            kirk.expect("order: welcome, kirk", "heading: south")
            spock.expect("order: welcome, spock", "heading: south")
            kirk.finish()
            spock.finish()
            ship.finish()


def check_smartsock(server, client, mode, shares):
    """A1, A2, A3, A11: what each of two ends gets."""
    with Program(server, "aiomsg/smartsock", "bind", mode,
                 "tcp+aiomsg://127.0.0.1:0?linger=60000", "kirk") as binding:
        uri = binding.uri()
        with Program(client, "aiomsg/smartsock", "connect", "kirk", uri) as kirk, \
                Program(client, "aiomsg/smartsock", "connect", "spock", uri) as spock:
            binding.finish()
            ends = [kirk, spock]
            found = [end.take(n) for end, n in zip(ends, map(len, shares))]
            if mode == "round-robin":  # whose turn comes first is not said
                found.sort()
            same(found, [[f"job {i}" for i in share] for share in shares])
            kirk.finish()
            spock.finish()


class Raw:
    """A peer of aiomsg without a library, which does not acknowledge."""

    def __init__(self, uri, name):
        port = int(uri.rpartition(":")[2].partition("?")[0])
        self.socket = socket.create_connection(("127.0.0.1", port), LIMIT_S)
        self.put(b"\1\1" + name.ljust(16, b"\0"))
        self.put(b"\3ready")
        self.stream = self.socket.makefile("rb")

    def put(self, body):
        self.socket.sendall(len(body).to_bytes(4, "big") + body)

    def read(self):
        return self.stream.read(int.from_bytes(self.stream.read(4), "big"))

    def read_job(self):
        same(self.read()[:2], b"\1\1")
        job = self.read()
        same(job[:1], b"\4")
        return job[17:]

    def close(self):
        self.stream.close()
        self.socket.close()


URI_ACKNOWLEDGED = "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once"


def check_lost_worker(captain, worker):
    """A2, A7: what a worker took, and did not acknowledge, is given again."""
    with Program(captain, "aiomsg/at-least-once", 2,
                 f"{URI_ACKNOWLEDGED}&linger=60000") as sender:
        uri = sender.uri()
        raw = Raw(uri, b"kirk")
        same(raw.read_job(), b"job 0")
        raw.close()
        with Program(worker, "aiomsg/smartsock", "connect", "kirk", uri) as kirk:
            same(sorted(kirk.take(2)), ["job 0", "job 1"])
            sender.expect("job 0 for kirk", "job 1 for kirk")
            sender.finish()
            kirk.finish()


def check_lazy_worker(captain):
    """A7: when nothing was acknowledged, that is no success."""
    with Program(captain, "aiomsg/at-least-once", 1,
                 f"{URI_ACKNOWLEDGED}&linger=10") as sender:
        raw = Raw(sender.uri(), b"kirk")
        same(raw.read_job(), b"job 0")
        sender.expect("job 0 for kirk")
        sender.finish(1)
        raw.close()


def make_group(options):
    """The address of a group of its own, on lo, with a port that was free."""
    if not (BUILT / "multisock").exists():
        raise tap.Skip("built without udp-multicast")
    group = f"239.{random.randint(1, 254)}.{random.randint(1, 254)}.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
        request = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
        try:
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        except OSError as error:
            raise tap.Skip("there is no multicast on lo") from error
    return f"udp-multicast://{group}:{port}?interface=lo&ttl=0&{options}"


@contextlib.contextmanager
def members(writer, reader, uri, *args):
    """A writer of a group, and two readers that have joined."""
    with Program(reader, "multisock/reader", uri) as first, \
            Program(reader, "multisock/reader", uri) as second:
        same((first.uri(), second.uri()), (uri, uri))
        with Program(writer, "multisock/writer", uri, *args) as program:
            yield program, (first, second)
            program.finish()
            first.stop()
            second.stop()


def expect_heard(reader, uri, *lines):
    """From the port of the group, as with the library; the host is the kernel's
    choice."""
    port = uri.partition("?")[0].rpartition(":")[2]
    for line in lines:
        host, _, said = reader.after("Received from ").partition(":")
        socket.inet_aton(host)
        same(said, f"{port}: {line}")


KEYS = "format=multisock&key=pwd&iv=passphrase"


def check_group(writer, reader, options):
    """M1, M3, M7: all readers get it, and its sender."""
    uri = make_group(options)
    lines = ["hello!", "", "käse", "x" * 1000]
    with members(writer, reader, uri) as (program, readers):
        program.say(*lines)
        for one in readers:
            expect_heard(one, uri, *lines)


def check_objects(writer, reader, options):
    """M12: what is JSON here is an object on the wire."""
    uri = make_group(f"{options}&objects=yes")
    with members(writer, reader, uri, "application/json") as (program, readers):
        program.say('{"token": "/patter/tester", "payload": [1, null]}')
        for one in readers:
            expect_heard(one, uri, '{"token":"/patter/tester","payload":[1,null]}')


def check_late_reader(writer, reader):
    """M2: who joins later hears what comes then."""
    uri = make_group("format=multisock")
    with members(writer, reader, uri) as (program, readers):
        program.say("one")
        for one in readers:
            expect_heard(one, uri, "one")
        with Program(reader, "multisock/reader", uri) as late:
            same(late.uri(), uri)
            program.say("two")
            for one in (*readers, late):
                expect_heard(one, uri, "two")
            late.stop()


def say_until_heard(writer, reader):
    """A member whose proof was late is not heard at first."""
    for _ in range(LIMIT_S):
        writer.say("hello!")
        with contextlib.suppress(queue.Empty):
            return reader.lines.get(timeout=1)
    raise AssertionError("the writer is not heard")


def check_key_file(writer, reader):
    """M14: the same programs, encrypted in earnest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "group.key")
        path.touch(0o600)
        path.write_text(secrets.token_hex(32))
        with members(writer, reader,
                     make_group(f"key-file={path}")) as (program, readers):
            heads = []
            for one in readers:
                head, _, text = say_until_heard(program, one).partition(": ")
                same(text, "hello!")
                heads.append(head)
            same(heads[0], heads[1])
            program.say("end")
            for one in readers:
                while (line := one.next()) != f"{heads[0]}: end":
                    same(line, f"{heads[0]}: hello!")


def name_test(check, args):
    return " ".join([check.__name__[6:],
                     *filter(lambda a: isinstance(a, str), args)])


def main():
    pairs = (check_line, check_captain, check_silent_kirk, check_next_captain, check_echo,
             check_chat, check_hubs, check_host, check_lost_worker,
             check_late_reader, check_key_file)
    modes = {"publish": [range(4)] * 2, "by-name": [range(4), []],
             "round-robin": [[0, 2], [1, 3]]}
    languages = [language for language in LANGUAGES if language != "js"]
    both = list(itertools.product(languages, languages))
    tests = [(check, a, b) for check in pairs for a, b in both]
    tests += [(check_smartsock, a, b, mode, shares)
              for mode, shares in modes.items() for a, b in both]
    tests += [(check, a, b, options) for check in (check_group, check_objects)
              for options in ("format=multisock", KEYS) for a, b in both]
    tests += [(check_lazy_worker, a) for a in languages]
    tests += [(check, a, b) for check in (check_greeter, check_divider)
              for a, b in itertools.product(LANGUAGES, LANGUAGES)]
    tests += [(check_station,)]
    if "python" in LANGUAGES:
        tests += [(check_jobs,)]
    if "js" in LANGUAGES:
        tests += [(check_gtk,)]
    return tap.run([(name_test(check, args), check, *args)
                    for check, *args in tests])


sys.exit(main())
