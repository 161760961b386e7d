#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The README's four lines, keygen, copy, receive and send, between two networks of
their own; the same in Python and in JavaScript; and those who have no key, or another
one. TAP.

usage: secure.py README HEIN [PYTHON [GJS]]
"""

import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import bed as beds

HERE = Path(__file__).resolve().parent
TOOL = os.path.abspath(sys.argv[2])
sys.path.insert(0, str(HERE.parent))
os.environ["HEIN_TOOL"] = TOOL

import tap
from tool_test import LIMIT_S, Running, has, run, same

LISTENER, DIALLER = "here", "there"
HOST = "10.78.0.1"
KEY = "lamps.key"


def read_lines():
    """The words of the lines that the README shows: keygen, receive, send."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    block = re.search(r"(?:    .*\n)+", text[text.index("    hein keygen "):])
    lines = [shlex.split(line, comments=True) for line in block[0].splitlines()]
    same([words[:2] for words in lines],
         [["hein", "keygen"], ["hein", "receive"], ["hein", "send"]])
    return [words[1:] for words in lines]


KEYGEN, RECEIVE, SEND = read_lines()
PROGRAMS = {"c": (TOOL,)}
if len(sys.argv) > 3:
    PROGRAMS["python"] = (sys.argv[3], str(HERE / "end.py"))
if len(sys.argv) > 4:
    PROGRAMS["javascript"] = (sys.argv[4], str(HERE / "end.js"))


def lay_out():
    """Two machines, and a cable between them."""
    beds.make_room()
    for namespace in (LISTENER, DIALLER):
        beds.run("ip", "netns", "add", namespace)
    beds.run(*beds.within(LISTENER, "ip", "link", "add", "lan", "type", "veth", "peer",
                          "name", "lan", "netns", DIALLER))
    for number, namespace in enumerate((LISTENER, DIALLER), 1):
        beds.run(*beds.within(namespace, "ip", "address", "add",
                              f"10.78.0.{number}/24", "dev", "lan"))
        beds.run(*beds.within(namespace, "ip", "link", "set", "dev", "lan", "up"))


class Machines:
    """A folder on each, where what is typed finds its files."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.folders = {}
        for namespace in (LISTENER, DIALLER):
            self.folders[namespace] = os.path.join(self.folder.name, namespace)
            os.mkdir(self.folders[namespace])
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def start(self, namespace, language, *words):
        return Running(*words, program=beds.within(namespace, *PROGRAMS[language]),
                       cwd=self.folders[namespace])

    def make_key(self, namespace):
        with self.start(namespace, "c", *KEYGEN) as keygen:
            same(keygen.end()[0], 0)

    def copy_key(self):
        shutil.copy(os.path.join(self.folders[LISTENER], KEY),
                    self.folders[DIALLER])  # the mode, too

    def receive(self, language):
        return self.start(LISTENER, language, *RECEIVE,
                          *(["--count", "1"] if language == "c" else []))

    def send(self, language, uri=None):
        words = [word.replace("//there:", f"//{HOST}:") for word in SEND]
        if uri is not None:
            words[words.index("--dial") + 1] = uri
        return self.start(DIALLER, language, *words)


def exchange(receiving, sending):
    with Machines() as machines:
        machines.make_key(LISTENER)
        machines.copy_key()
        with machines.receive(receiving) as receiver:
            receiver.uri()
            with machines.send(sending) as sender:
                status, _, errors = sender.end()
                assert status == 0 and "failed" not in errors, (status, errors)
                if sending != "c":
                    has(errors, "security psk:lamps")
            status, out, errors = receiver.end()
            assert status == 0 and "failed" not in errors, (status, errors)
            has(out.decode(), SEND[-1])


START = {"c": "hein: ", "python": "failed: ", "javascript": "failed: "}


def refuse(language, uri, prepare, told, heard):
    """The impostor is told what is wrong, who listens is told of it, and whoever
    has the key comes in as if nothing were."""
    with Machines() as machines:
        machines.make_key(LISTENER)
        prepare(machines)
        with machines.receive(language) as receiver:
            receiver.uri()
            with machines.send(language, uri) as impostor:
                has(wait_for(impostor, language, told), told)
                has(wait_for(receiver, language, heard), heard)
            # the impostor is gone: it would read the key when it is there
            machines.copy_key()
            with machines.send(language) as sender:
                status, _, errors = sender.end()
                assert status == 0, (status, errors)
            status, out, errors = receiver.end()
            assert status == 0, (status, errors)
            same(out.decode().count(SEND[-1]), 1)


def wait_for(running, language, text):
    """The line that tells of it; others, that nobody is there yet, come before."""
    while True:
        line = running.wait_error(START[language])
        if text in line:
            return line


def make_tests():
    for receiving in PROGRAMS:
        for sending in PROGRAMS:
            yield f"{receiving}-to-{sending}", exchange, receiving, sending
    for language in PROGRAMS:
        yield (f"{language}/no-key", refuse, language,
               f"tcp://{HOST}:7000?plaintext=yes", lambda machines: None,
               "the other side encrypts: say key-file=", "the other side does not encrypt")
        yield (f"{language}/other-key", refuse, language, None,
               lambda machines: machines.make_key(DIALLER),
               'does not take the key "lamps"', "has another key")


def test_pair():
    """The address that is shown is the one that the other machine reaches, and the
    files of both are what an address takes."""
    with Machines() as machines:
        with machines.start(LISTENER, "c", "pair", "--name", "kirk") as shows:
            words = shows.wait_error("  hein pair ").split()
            has(words[0], f"{HOST}:")
            with machines.start(DIALLER, "c", "pair", *words, "--name",
                                "spock") as types:
                status, out, errors = types.end()
                assert (status, out) == (0, b"kirk\n"), (status, out, errors)
            same(shows.end()[:2], (0, b"spock\n"))
        with machines.start(LISTENER, "c", "receive", "--listen",
                            "tcp://*:7000?identity=kirk.id&peers=peers", "--count",
                            "1") as receiver:
            receiver.uri()
            with machines.start(DIALLER, "c", "send", "--dial",
                                f"tcp://{HOST}:7000?identity=spock.id&peers=peers",
                                "all off") as sender:
                status, _, errors = sender.end()
                assert status == 0, errors
            status, out, _ = receiver.end()
            same(status, 0)
            has(out.decode(), "all off")


def test_key_is_needed():
    """Without a key an address of the network is refused before anything is sent."""
    status, _, errors = run("send", "--dial", f"tcp://{HOST}:7000", "text")
    same(status, 1)
    has(errors, "keygen", "key-file=")


def test_doctor_dials():
    """What the network does to who dials: each has a text, and an advice, of its
    own."""
    with Machines() as machines:
        machines.make_key(DIALLER)
        beds.run(*beds.within(DIALLER, "ip", "route", "add", "unreachable",
                              "10.79.0.0/24"))
        beds.run(*beds.within(DIALLER, "ip", "route", "add", "prohibit",
                              "10.79.1.0/24"))
        # who listens forwards nothing: what is sent behind it is lost in silence
        beds.run(*beds.within(DIALLER, "ip", "route", "add", "10.79.2.0/24", "via",
                              HOST))
        for host, found, change in (
                ("10.80.0.1", "Network is unreachable", "no route to that network"),
                ("10.79.0.1", "No route to host", "has this address"),
                ("10.79.1.1", "firewall or a route", "a firewall of this machine"),
                # nobody answers: the kernel gives up first, or hein does
                ("10.78.0.77", "10.78.0.77:7000: ", "machine"),
                ("10.79.2.1", "10.79.2.1:7000: Connection timed out",
                 "a firewall drops what is sent there"),
                (HOST, "Connection refused", "nobody listens there")):
            with machines.start(DIALLER, "c", "doctor", "--dial",
                                f"tcp://{host}:7000?key-file={KEY}") as doctor:
                status, out, errors = doctor.end()
                same((host, status, errors), (host, 1, ""))
                has(out.decode(), "problem  dial: ", found, change)


def main():
    lay_out()
    return tap.run([*make_tests(), ("key-is-needed", test_key_is_needed),
                    ("pair", test_pair), ("doctor-dials", test_doctor_dials)])


sys.exit(beds.run_inside(sys.argv[2], main))
