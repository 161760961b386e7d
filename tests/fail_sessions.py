# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the commands of `hein` do while a call of one of them fails: see
test-fail-call.py. Each session asserts that nothing is lost without a word.

env: what a process gets as its environment; it depends on its place in the session."""

import os
import random
import signal
from pathlib import Path

from tool_test import Running, run

# All of them fit into the pipe that is read when the receiver has ended.
LINES = ["one", "two", "x" * 40000, "four"]
WHOLE = "".join(LINES)


class Fault:
    """A call that fails in one of the processes, or the list of those that it makes."""

    def __init__(self, folder, place, library, **settings):
        self.place = place
        self.hits = Path(folder, "hits")
        self.hits.write_bytes(b"")
        self.environment = {**os.environ, "LD_PRELOAD": library}
        self.environment.update({f"FAIL_{name.upper()}": str(value)
                                 for name, value in settings.items()})

    @classmethod
    def listing(cls, folder, place, library):
        return cls(folder, place, library, list=Path(folder, "hits"))

    @classmethod
    def failing(cls, folder, place, library, call, how, **when):
        return cls(folder, place, library, file=Path(folder, "hits"), call=call, how=how,
                   **when)

    def env(self, place):
        return self.environment if place == self.place else None

    def calls(self):
        return set(self.hits.read_text().splitlines())

    def count(self):
        return self.hits.stat().st_size


def is_without_bus(status, said):
    """To make a bus cannot fail, and ends the program where the system has nothing to
    make it of, as an allocation does."""
    return status == -signal.SIGTRAP and "a bus cannot be made" in said


def is_part(out, lines=LINES):
    """Whether it is some of the lines, in order."""
    for line in lines:
        out = out.removeprefix(line)
    return out == ""


def make_lines(folder):
    path = Path(folder, "lines")
    path.write_text("\n".join(LINES) + "\n")
    return path


def make_key(folder):
    path = Path(folder, "key")
    path.write_text(random.randbytes(32).hex())
    path.chmod(0o600)
    return path


def read_address(running):
    """What it says until it listens, or all of it."""
    said = ""
    for line in iter(running.process.stderr.readline, b""):
        said += line.decode()
        if line.startswith(b"listening on "):
            break
    return said


def check_refusal(said, status, out, more):
    """It has not begun, and says why."""
    assert not out, (status, out)
    assert is_without_bus(status, said) or (status == 1 and "hein: " in said + more), \
        (status, said, more)


def send(address, folder, env, *args):
    with make_lines(folder).open("rb") as lines, \
            Running("send", "--dial", address, *args, "-", stdin=lines, env=env) as sender:
        status, _, said = sender.end()
    return status, said


def check_said(status, said):
    """Who has failed says why."""
    assert is_without_bus(status, said) or status in (0, 1), (status, said[-500:])
    # a warning of the library may stand before
    assert status != 1 or "hein: " in said, (status, said[-500:])


class Receiver:
    """A process that listens, and what has become of it."""

    def __init__(self, command, address, env, *args):
        self.running = Running(command, "--listen", address, "--verbose", *args, env=env)
        self.said = ""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.running.__exit__(*error)

    def listen(self):
        """Its address; None: it has not begun, and has said why."""
        self.said = read_address(self.running)
        if "listening on " in self.said:
            return self.said.split()[-1]
        check_refusal(self.said, *self.running.end())
        return None

    def end(self):
        self.running.interrupt()
        status, out, said = self.running.end()
        return status, out, self.said + said


# ---- deliveries ----

class Deliver:
    """All that is sent has to be handled."""

    places = ("send", "receive")

    def __init__(self, address, has_key=False):
        self.address = address
        self.has_key = has_key

    def run(self, folder, env, is_harmless):
        address = self.address.format(folder=folder)
        if self.has_key:
            address += f"?key-file={make_key(folder)}"
        with Receiver("receive", address, env("receive"), "--format", "raw") as receiver:
            found = receiver.listen()
            if found is None:
                return
            if self.has_key:
                found = f"{found.split('?')[0]}?key-file={Path(folder, 'key')}"
            status, said = send(found, folder, env("send"), "--deliver")
            self.check(status, said, *receiver.end(), is_harmless)

    @staticmethod
    def check(status, said, receiver_status, out, receiver_said, is_harmless):
        story = (status, said[-500:], receiver_status, receiver_said[-500:], len(out))
        if is_without_bus(status, said):
            assert receiver_status == 0 and not out, story
            return
        check_said(status, said)
        assert receiver_status in (0, 1), story
        if status == 0:
            assert out.decode() == WHOLE, story
        else:
            assert receiver_status == 1 or is_part(out.decode()), story
        if is_harmless:
            assert status == 0 and receiver_said.count("peer-added") == 1, story


# ---- a group ----

class Group:
    """What one sends to a group comes, or counts as lost."""

    places = ("send", "receive")

    def run(self, folder, env, is_harmless):
        group = f"239.255.{random.randrange(256)}.{random.randrange(1, 255)}"
        uri = (f"udp-multicast://{group}:{random.randrange(20000, 30000)}?interface=lo&ttl=0"
               f"&reliable=yes&key-file={make_key(folder)}")
        with Receiver("receive", uri, env("receive"), "--format", "raw") as receiver:
            if receiver.listen() is None:
                return
            status, said = send(uri, folder, env("send"))
            check_said(status, said)
            receiver_status, out, receiver_said = receiver.end()
        story = (status, said[-500:], receiver_status, receiver_said[-500:], len(out))
        assert receiver_status in (0, 1), story
        assert is_part(out.decode()) or receiver_status == 1, story
        if status == 0 and receiver_status == 0:
            assert out.decode() == WHOLE or "lost" in receiver_said, story
        if is_harmless:
            assert (status, out.decode()) == (0, WHOLE), story


# ---- files ----

class Record:
    """What is in the file is what was said to be in it."""

    places = ("record",)

    def run(self, folder, env, is_harmless):
        path = Path(folder, "recording.mcap")
        path.unlink(missing_ok=True)
        with Receiver("record", "tcp://127.0.0.1:0", env("record"), "--output",
                      str(path)) as recorder:
            address = recorder.listen()
            if address is None:
                return
            status, said = send(address, folder, None, "--deliver")
            check_said(status, said)
            record_status, _, record_said = recorder.end()
        self.check(path, status, record_status, record_said)
        if is_harmless:
            assert (status, record_status) == (0, 0), (status, said, record_status, record_said)

    @staticmethod
    def check(path, status, record_status, said):
        story = (status, record_status, said[-500:])
        assert record_status in (0, 1), story
        if record_status == 1:
            assert "hein: " in said and str(path) in said, story
        read, out, errors = run("receive", "--dial", f"replay://{path}?rate=max",
                                "--format", "raw", "--timeout", "1")
        if record_status == 0 and status == 0:
            assert out.decode() == WHOLE, (*story, read, errors)
        assert is_part(out.decode()), (*story, read, errors)


class Spool:
    """What waits in a folder is delivered by the next one, whatever became of the first."""

    places = ("send",)

    def run(self, folder, env, is_harmless):
        box = Path(folder, "box")
        spool = ("--deliver", "--spool", str(box), "--name", "till")
        for path in box.glob("*"):
            path.unlink()
        with Receiver("receive", "tcp://127.0.0.1:0", None, "--format", "raw") as receiver:
            address = receiver.listen()
            status, said = send(address, folder, env("send"), *spool)
            check_said(status, said)
            again = run("send", "--dial", address, *spool)
            _, out, _ = receiver.end()
        story = (status, said[-500:], again, len(out))
        assert again[0] == 0, story
        assert is_part(out.decode()), story
        assert status == 1 or out.decode() == WHOLE or is_without_bus(status, said), story
        left = run("spool", "--json", str(box))
        assert left[0] == 0 and b'"messages":0' in left[1].replace(b" ", b""), (*story, left)
        if is_harmless:
            assert status == 0, story


class Log:
    """A log that cannot be written is no reason to lose messages, and is told."""

    places = ("receive",)

    def run(self, folder, env, is_harmless):
        for path in Path(folder).glob("log*"):
            path.unlink()
        with Receiver("receive", "tcp://127.0.0.1:0", env("receive"), "--format", "raw",
                      "--log-file", str(Path(folder, "log"))) as receiver:
            address = receiver.listen()
            if address is None:
                return
            status, said = send(address, folder, None, "--deliver")
            receiver_status, out, receiver_said = receiver.end()
        story = (status, said, receiver_status, receiver_said)
        assert (status, receiver_status, out.decode()) == (0, 0, WHOLE), story
        (path,) = Path(folder).glob("log*")
        is_whole = "peer-added" in path.read_text() and "peer-removed" in path.read_text()
        assert is_whole or "hein: --log-file " in receiver_said, (*story, path.read_text())


class Keygen:
    """A key is there, whole, or it is said why not, and what is there all the same."""

    places = ("keygen",)

    def __init__(self, *args):
        self.args = args

    def run(self, folder, env, is_harmless):
        place = Path(folder, "keys")
        place.mkdir(exist_ok=True)
        for path in place.glob("*"):
            path.unlink()
        status, _, said = run("keygen", *self.args, str(place / "kirk"), env=env("keygen"))
        check_said(status, said)
        left = sorted(path.name for path in place.iterdir())
        if status == 1:
            assert not left or "is in place, but" in said, (said, left)
        else:
            assert (place / "kirk").stat().st_size > 32, (said, left)
        if is_harmless:
            assert status == 0, (status, said)


SESSIONS = {
    "tcp": Deliver("tcp://127.0.0.1:0"),
    "unix": Deliver("unix:{folder}/socket"),
    "ws": Deliver("ws://127.0.0.1:0/path"),
    "key": Deliver("tcp://127.0.0.1:0", has_key=True),
    "group": Group(),
    "record": Record(),
    "spool": Spool(),
    "log": Log(),
    "keygen": Keygen(),
    "identity": Keygen("--identity"),
    "ring": Keygen("--ring"),
}
