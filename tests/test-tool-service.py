#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein` as a service: sockets that it is handed, and what it tells. TAP."""

import contextlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import LIMIT_S, TOOL, Running, has, run, same

FIRST_FD = 3
SOURCE = Path(__file__).resolve().parent.parent
NEWLINE = "\n"


@contextlib.contextmanager
def place():
    with tempfile.TemporaryDirectory(prefix="hein-service-") as folder:
        yield Path(folder)


def listen(family, address):
    made = socket.socket(family)
    made.bind(address)
    made.listen()
    return made


def listen_ipv4():
    return listen(socket.AF_INET, ("127.0.0.1", 0))


def hand(*sockets, pid="$$"):
    """What to run before a program that is handed these, as service managers do:
    through a shell, whose process becomes the program."""
    moves = [f"{FIRST_FD + i}<&{one.fileno()}" for i, one in enumerate(sockets)]
    line = (f"export LISTEN_PID={pid} LISTEN_FDS={len(sockets)};"
            f"exec \"$0\" \"$@\" {' '.join(moves)}")
    return ["bash", "-c", line, TOOL]


class Handed(Running):
    """A `hein` that was handed sockets."""

    def __init__(self, *args, sockets, env=None, **rest):
        # above those that the program is to find them at
        high = [socket.socket(fileno=os.dup2(one.fileno(), 100 + i, inheritable=True))
                for i, one in enumerate(sockets)]
        # not this module's Running: the descriptors must pass
        self.process = subprocess.Popen(
            [*hand(*high, **rest), *args], stdin=subprocess.DEVNULL, env=env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            pass_fds=[one.fileno() for one in high])
        for one in high:
            one.close()


def greet(uri):
    same(run("send", "--dial", uri, "hello")[0], 0)


def check_greeted(receiver):
    status, out, errors = receiver.end()
    same((status, out), (0, b"hello"))
    return errors


def receive(uri, *sockets, **rest):
    return Handed("receive", "--format", "raw", "--count", "1", "--listen", uri,
                  sockets=sockets, **rest)


def test_tcp():
    """A port that is bound already is listened at."""
    with listen_ipv4() as made:
        uri = f"tcp://localhost:{made.getsockname()[1]}"
        with receive(uri, made) as receiver:
            greet(uri)
            has(check_greeted(receiver), f"listening on {uri}")


def test_early():
    """Whoever dials before the program is there waits for it."""
    with listen_ipv4() as made:
        uri = f"tcp://localhost:{made.getsockname()[1]}"
        with Running("send", "--dial", uri, "hello") as sender:
            with receive(uri, made) as receiver:
                check_greeted(receiver)
            same(sender.end()[0], 0)


def test_any_host():
    """*, where the manager has bound the port for IPv6 and IPv4, or for one."""
    for family in (socket.AF_INET6, socket.AF_INET):
        try:
            made = listen(family, ("", 0))
        except OSError:
            continue
        with made:
            port = made.getsockname()[1]
            with receive(f"tcp://*:{port}?plaintext=yes", made) as receiver:
                greet(f"tcp://localhost:{port}")
                check_greeted(receiver)


def test_unix():
    """A path stays the manager's: its mode, and that it is there at the end."""
    with place() as folder:
        path = folder / "lamps"
        with listen(socket.AF_UNIX, str(path)) as made:
            path.chmod(0o600)
            with receive(f"unix:{path}", made) as receiver:
                greet(f"unix:{path}")
                check_greeted(receiver)
            same(stat.S_IMODE(path.stat().st_mode), 0o600)
            # and again
            with receive(f"unix:{path}", made) as receiver:
                greet(f"unix:{path}")
                check_greeted(receiver)


def test_abstract():
    name = f"hein-service-{os.getpid()}"
    with listen(socket.AF_UNIX, f"\0{name}") as made:
        with receive(f"unix:@{name}", made) as receiver:
            greet(f"unix:@{name}")
            check_greeted(receiver)


def test_which():
    """Several sockets: each is found by its address, in any order."""
    with listen_ipv4() as one, listen_ipv4() as other:
        uris = [f"tcp://localhost:{made.getsockname()[1]}" for made in (one, other)]
        with Handed("receive", "--format", "raw", "--count", "2", "--listen", uris[1],
                    "--listen", uris[0], sockets=(one, other)) as receiver:
            for uri in uris:
                greet(uri)
            status, out, _ = receiver.end()
            same((status, out), (0, b"hellohello"))


def test_another_address():
    """The error says what was handed over."""
    with listen_ipv4() as one, listen_ipv4() as other:
        ports = [made.getsockname()[1] for made in (one, other)]
        with receive(f"tcp://localhost:{ports[1]}", one) as receiver:
            status, _, errors = receiver.end()
        same(status, 1)
        has(errors, f"of the sockets that were handed to this process (127.0.0.1:{ports[0]})"
            " none is at this address: ", "Address already in use")


def test_twice():
    """A socket is for one endpoint."""
    with listen_ipv4() as made:
        uri = f"tcp://localhost:{made.getsockname()[1]}"
        with Handed("receive", "--listen", uri, "--listen", uri,
                    sockets=(made,)) as receiver:
            status, _, errors = receiver.end()
        same(status, 1)
        has(errors, "Address already in use")


def test_what_is_none():
    """Another process's sockets, and what is no listening socket, are left alone."""
    with listen_ipv4() as made, socket.socket() as idle, socket.socket() as held, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        # so that nobody else gets the port of the datagrams for a stream
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        datagrams.bind(held.getsockname())
        uri = f"tcp://localhost:{made.getsockname()[1]}"
        for rest in ({"pid": 1}, {"pid": "x"}, {"pid": ""}):
            with receive(uri, made, **rest) as receiver:
                status, _, errors = receiver.end()
            same(status, 1)
            assert "handed" not in errors, errors
        with receive(uri, idle, datagrams, made) as receiver:
            greet(uri)
            check_greeted(receiver)
        with receive(f"tcp://localhost:{datagrams.getsockname()[1]}", idle,
                     datagrams) as receiver:
            receiver.wait_error("listening on")


def test_connected():
    """A connection, which is what `Accept=yes` hands over, is no listener."""
    with listen_ipv4() as made, socket.create_connection(made.getsockname()), \
            made.accept()[0] as connection:
        with receive(f"tcp://localhost:{made.getsockname()[1]}", connection) as receiver:
            status, _, errors = receiver.end()
    same(status, 1)
    has(errors, "(one that does not listen to streams) none is at this address: ")


def test_wrong_numbers():
    """More descriptors than there are, and numbers that are none."""
    for number in ("5", "4097", "-1", "x", "", "99999999999999999999"):
        line = f"export LISTEN_PID=$$ LISTEN_FDS={number}; exec \"$0\" \"$@\""
        with Running("receive", "--listen", "tcp://localhost:0",
                     program=("bash", "-c", line, TOOL)) as receiver:
            receiver.wait_error("listening on")
            receiver.interrupt()
            same(receiver.end()[0], 0)


def test_children():
    """Programs that it starts do not hold the socket."""
    with listen_ipv4() as made:
        uri = f"tcp://localhost:{made.getsockname()[1]}"
        with Handed("serve", "--exec", "ls -l /proc/self/fd", "--listen", uri, "list",
                    sockets=(made,)) as server:
            status, out, errors = run("request", "--dial", uri, "list")
            same((status, errors), (0, ""))
            assert b"socket:" not in out, out
            server.interrupt()
            server.end()


@contextlib.contextmanager
def manager(name):
    """A socket to which services tell their states."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(name)
        made.settimeout(LIMIT_S)
        yield made


def test_states():
    """Ready when all is open, and again when it stops."""
    with place() as folder:
        for name in (str(folder / "notify"), f"\0hein-notify-{os.getpid()}"):
            environment = dict(os.environ, NOTIFY_SOCKET=name.replace("\0", "@"))
            with manager(name) as made, \
                    Running("receive", "--listen", "tcp://localhost:0", "--listen",
                            f"unix:{folder}/bus", env=environment) as receiver:
                same(made.recv(100), b"READY=1")
                assert (folder / "bus").exists()
                receiver.interrupt()
                same(made.recv(100), b"STOPPING=1")
                same(receiver.end()[0], 0)


def test_never_ready():
    """What cannot listen is never ready; a manager that is gone does not matter."""
    with place() as folder:
        name = str(folder / "notify")
        environment = dict(os.environ, NOTIFY_SOCKET=name)
        with manager(name) as made, listen_ipv4() as taken:
            port = taken.getsockname()[1]
            same(run("receive", "--listen", f"tcp://localhost:{port}",
                     env=environment)[0], 1)
            same(made.recv(100), b"STOPPING=1")
        for gone in (name, "/", "@", "x", str(folder) + "/" + "n" * 200):
            environment["NOTIFY_SOCKET"] = gone
            with Running("receive", "--listen", "tcp://localhost:0",
                         env=environment) as receiver:
                receiver.wait_error("listening on")
                receiver.interrupt()
                same(receiver.end()[0], 0)


def read_units():
    """The units of examples, as the page has them, too."""
    page = (SOURCE / "introspection/docs/services.md").read_text(encoding="utf-8")
    for path in sorted((SOURCE / "examples/systemd").iterdir()):
        text = path.read_text(encoding="utf-8")
        has(page, f"`{path.name}`:\n\n```ini\n{text.partition(NEWLINE)[2]}```\n")
        yield path.name, text


def test_units():
    """The page has them, and systemd has nothing to say against them."""
    units = dict(read_units())
    same(sorted(units), ["archive.service", "archive.socket"])
    if not shutil.which("systemd-analyze"):
        raise tap.Skip("no systemd-analyze")
    with place() as folder:
        for name, text in units.items():
            (folder / name).write_text(text.replace("/usr/bin/hein", TOOL))
        done = subprocess.run(["systemd-analyze", "verify", *(folder / name for name in units)],
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        said = [line for line in (done.stdout + done.stderr).splitlines() if "archive" in line]
        same((done.returncode, said), (0, []))


def test_command_of_unit():
    """What the unit starts, with the sockets that its socket unit makes."""
    units = dict(read_units())
    command = re.search(r"^ExecStart=/usr/bin/hein ((?:.*\\\n)*.*)$", units["archive.service"], re.M)
    with place() as folder, listen_ipv4() as made, \
            listen(socket.AF_UNIX, str(folder / "bus")) as path:
        here = command[1].replace("\\\n", "").replace("/run/archive", str(folder)).replace(
            "7000", str(made.getsockname()[1]))
        with Handed(*here.split(), "--count", "2", sockets=(made, path)) as archive:
            for uri in re.findall(r"--listen ([^ ?]+)", here):
                greet(uri)
            status, out, _ = archive.end()
        same(status, 0)
        same([json.loads(line)["payload"] for line in out.splitlines()], ["hello"] * 2)


sys.exit(tap.run([(name.removeprefix("test_"), test) for name, test in globals().copy().items()
                  if name.startswith("test_")]))
