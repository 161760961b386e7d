#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein pair` on both sides: a code that is shown, typed, scanned, asked for, and
what is said when it comes to nothing."""

import os
import re
import subprocess
import sys
import tempfile

import tap
from tool_test import TOOL, Running, has, run, same

HOST = "127.0.0.1"
CODE = r"(?:[A-HJKMNP-RT-Y2-579]{4}-){3}[A-HJKMNP-RT-Y2-579]{4}"


def need_tls():
    with tempfile.TemporaryDirectory() as folder:
        errors = run("keygen", "--identity", os.path.join(folder, "x.id"))[2]
    if "hein-tls" in errors:
        raise tap.Skip("built without TLS")


def show(folder, *args):
    return Running("pair", "--listen", HOST, *args, cwd=folder)


def shown_by(running):
    """The words that the other side is to type, behind `hein pair`."""
    words = running.wait_error("  hein pair ").split()
    assert re.fullmatch(rf"{re.escape(HOST)}:\d+ {CODE}", " ".join(words)), words
    return words


def dial(folder, *args, data=None):
    done = subprocess.run([TOOL, "pair", *args], cwd=folder, input=data,
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Folders:
    def __enter__(self):
        need_tls()
        self.folder = tempfile.TemporaryDirectory()
        self.here, self.there = (os.path.join(self.folder.name, name)
                                 for name in ("here", "there"))
        os.mkdir(self.here)
        os.mkdir(self.there)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def read(self, folder, name="peers"):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()


def check_both(folders, listener, result):
    status, out, errors = result
    same((status, out), (0, "kirk\n"))
    has(errors, "This side and kirk know each other",
        f"identity={folders.there}/spock.id&peers={folders.there}/peers")
    status, out, errors = listener.end()
    same((status, out.decode()), (0, "spock\n"))
    assert re.fullmatch(r"spock [0-9a-f]{64}\n", folders.read(folders.here))
    assert re.fullmatch(r"kirk [0-9a-f]{64}\n", folders.read(folders.there))


def test_typed():
    with Folders() as folders, show(folders.here, "--name", "kirk") as listener:
        check_both(folders, listener,
                   dial(folders.there, *shown_by(listener), "--name", "spock"))


def test_files_work():
    """What is shown at the end is what buses take."""
    with Folders() as folders:
        with show(folders.here, "--name", "kirk") as listener:
            check_both(folders, listener,
                       dial(folders.there, *shown_by(listener), "--name", "spock"))
        options = "?identity={0}/{1}.id&peers={0}/peers"
        with Running("receive", "--listen", f"tcp://{HOST}:0"
                     + options.format(folders.here, "kirk"), "--count",
                     "1") as receiver:
            place = receiver.uri().partition("?")[0]
            status, _, errors = run("send", "--dial",
                                    place + options.format(folders.there, "spock"),
                                    "beam me up")
            same((status, errors), (0, ""))
            has(receiver.end()[1].decode(), "beam me up")


def test_asked_for():
    with Folders() as folders, show(folders.here, "--name", "kirk") as listener:
        address, code = shown_by(listener)
        result = dial(folders.there, address, "--name", "spock",
                      data=f"{code.lower()}\n".encode())
        has(result[2], "Code: ")
        check_both(folders, listener, result)


def test_scanned():
    with Folders() as folders, show(folders.here, "--name", "kirk") as listener:
        address, code = shown_by(listener)
        check_both(folders, listener, dial(folders.there, "--name", "spock",
                                           f"hein-pair://{address}/{code}"))


def test_qr():
    """A square of blocks, when there is libqrencode."""
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    with Folders() as folders, Running("pair", "--listen", HOST, "--qr", "--name",
                                       "kirk", cwd=folders.here, env=env) as listener:
        line = listener.process.stderr.readline().decode()
        if line.startswith("On the other side"):
            raise tap.Skip("built without libqrencode")
        lines = [line]
        while "█" in line:
            line = listener.process.stderr.readline().decode()
            lines.append(line)
        rows = [re.sub(r"\033\[[0-9;]*m|\n", "", row) for row in lines[:-1]]
        assert all(len(row) == len(rows[0]) for row in rows), rows
        same((len(rows[0]) + 1) // 2, len(rows))
        same(rows[0], "█" * len(rows[0]))
        listener.interrupt()
        same(listener.end()[0], 1)


def test_wrong_code():
    with Folders() as folders, show(folders.here, "--name", "kirk") as listener:
        address, _ = shown_by(listener)
        status, out, errors = dial(folders.there, address, "AAAA-AAAA-AAAA-AAAA",
                                   "--name", "spock")
        same((status, out), (1, ""))
        has(errors, "the code is wrong, and has one try")
        status, out, errors = listener.end()
        same((status, out), (1, b""))
        has(errors, "the other side has another code")
        for folder in (folders.here, folders.there):
            assert not os.path.exists(os.path.join(folder, "peers"))


def test_nobody_comes():
    with Folders() as folders, show(folders.here, "--seconds", "1", "--name",
                                    "kirk") as listener:
        status, out, errors = listener.end()
        same((status, out), (3, b""))
        has(errors, "the code is over")


def test_interrupted():
    with Folders() as folders, show(folders.here, "--name", "kirk") as listener:
        shown_by(listener)
        listener.interrupt()
        status, out, _ = listener.end()
        same((status, out), (1, b""))


def test_no_code_is_shown_in_vain():
    """Where the files are of no use, or TLS is missing."""
    with Folders() as folders:
        with open(os.path.join(folders.here, "peers"), "w", encoding="ascii") as file:
            os.chmod(file.name, 0o664)
        with show(folders.here, "--name", "kirk") as listener:
            status, _, errors = listener.end()
            same(status, 1)
            has(errors, "peers", "others could write to it")
            assert "hein pair" not in errors, errors
        os.mkdir(os.path.join(folders.here, "empty"))
        env = {**os.environ, "HEIN_PLUGIN_PATH": os.path.join(folders.here, "empty")}
        status, _, errors = run("pair", "--name", "kirk", "--identity",
                                os.path.join(folders.there, "kirk.id"), "--peers",
                                os.path.join(folders.there, "peers"), env=env)
        same(status, 1)
        has(errors, "hein-tls")


def test_usage():
    for args, words in ((("a:1", "b", "c"), "takes an address and a code"),
                        (("--listen", HOST, "a:1"), "say one of them"),
                        (("--seconds", "0"), "--seconds takes 1 to 600"),
                        (("--name", "a\tb"), "--name takes 1 to 255 bytes"),
                        (("--name", "a/b"), "Say --identity")):
        status, out, errors = run("pair", *args)
        same((status, out), (2, b""))
        has(errors, words, "Try 'hein pair --help'")
    with Folders() as folders:
        status, out, errors = dial(folders.here, "nowhere", "x", "--name", "kirk")
        same((status, out), (2, ""))
        has(errors, "expected: HOST:PORT")


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
