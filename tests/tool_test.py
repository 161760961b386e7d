# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line `hein`, which the environment's HEIN_TOOL names, as the tests
drive it.

Every receiver listens on port 0 and says where on standard error, so there is
neither a fixed port nor a pause.
"""

import json
import os
import random
import signal
import socket
import subprocess

import tap

TOOL = os.environ.get("HEIN_TOOL", "hein")
ANY = "tcp://127.0.0.1:0"
LIMIT_S = 60


class Running:
    """A `hein` that goes on until it is told to end, or has what it wants."""

    def __init__(self, *args, stdin=subprocess.DEVNULL, program=(TOOL,), env=None,
                 cwd=None):
        self.process = subprocess.Popen(
            [*program, *args],
            stdin=stdin,
            env=env,
            cwd=cwd,
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


def need_multicast():
    if b"udp-multicast" not in run("inspect")[1]:
        raise tap.Skip("built without udp-multicast")


def free_group():
    """The address of a group with a port that was free a moment ago; no other test
    that runs at the same time has the same group."""
    group = f"239.255.{random.randrange(256)}.{random.randrange(1, 255)}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((group, 0))
        return f"udp-multicast://{group}:{probe.getsockname()[1]}"


def make_file(folder, data):
    path = os.path.join(folder, "payload")
    with open(path, "wb") as file:
        file.write(data)
    return path


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
