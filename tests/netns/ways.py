#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What somebody sees who dials into a network that drops, forbids or knows no way,
or listens on a machine without IPv6. In a network of its own. TAP.

usage: ways.py HEIN
"""

import os
import sys
from pathlib import Path

import bed as beds

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["HEIN_TOOL"] = sys.argv[1]

import tap
from tool_test import LIMIT_S, Running, doctor, has, one_of, run, same

TARGET = "{}:7000?plaintext=yes"
IPV6 = Path("/proc/sys/net/ipv6/conf")


def ip(*command):
    beds.run("ip", *command)


def lay_out():
    """10.77.1.2 has an address of hardware that nobody has: what goes there is
    dropped without a word."""
    ip("link", "set", "dev", "lo", "up")
    ip("link", "add", "name", "lan", "type", "veth", "peer", "name", "end")
    ip("address", "add", "10.77.1.1/24", "dev", "lan")
    for name in ("lan", "end"):
        ip("link", "set", "dev", name, "up")
    ip("neighbour", "replace", "10.77.1.2", "lladdr", "02:00:00:00:00:01", "dev",
       "lan", "nud", "permanent")
    for number, kind in enumerate(("blackhole", "prohibit", "unreachable"), 2):
        ip("route", "add", kind, f"10.77.{number}.0/24")


def test_dropped():
    """Nothing comes back: it is guessed why, after three seconds and at the end."""
    uri = "tcp://" + TARGET.format("10.77.1.2")
    for args in (["receive"], ["send", "text"]):
        with Running(*args, "--dial", uri) as waiting:
            waiting.wait_error("hein: nobody is there yet")
            has(waiting.wait_error(f"hein: {uri}: "), "nothing answered", "firewall",
                "route")
            waiting.interrupt()
            waiting.end()
        for verbose in ([], ["--verbose"]):
            status, _, errors = run(*args, "--dial", uri, "--timeout", "0.3",
                                    *verbose)
            same(status, 3)
            has(errors, "timed out after 0.3 s", "0 peers are there",
                f"{uri}: nothing answered: the host may be off, a firewall")


def test_routes():
    """What the system says is told, with what it means."""
    for number, text in ((2, "blackhole"), (3, "forbids it"), (4, "No route to host"),
                         (5, "unreachable")):
        uri = "tcp://" + TARGET.format(f"10.77.{number}.1")
        for args in (["receive"], ["send", "text"]):
            status, _, errors = run(*args, "--dial", uri, "--timeout", "0.3")
            same((number, status), (number, 3))
            has(errors, f"10.77.{number}.1:7000: ", text)


def test_doctor():
    """It connects to nobody, and says whose address it is."""
    status, checks, _ = doctor("tcp://" + TARGET.format("10.77.1.2"))
    same(status, 0)
    check = one_of(checks, "port")
    same(check["level"], "warning")
    has(check["found"], "10.77.1.2 is no address of this machine")


def exchange(uri):
    """What listens there can be dialled as it says; the address that it says."""
    with Running("receive", "--listen", uri, "--count", "1", "--format",
                 "raw") as receiver:
        bound = receiver.uri()
        status, _, errors = run("send", "--dial", bound, "--timeout", str(LIMIT_S / 2),
                                "text")
        same((bound, status, errors), (bound, 0, ""))
        same(receiver.end()[:2], (0, b"text"))
        return bound


def test_with_ipv6():
    if not IPV6.is_dir():
        raise tap.Skip("the kernel has no IPv6")
    for name in ("tcp", "channel"):
        for host in ("*", "[::]"):
            has(exchange(f"{name}://{host}:0?plaintext=yes"), f"{name}://[::]:")
    has(exchange("tcp://[::1]:0"), "tcp://[::1]:")
    has(exchange("tcp://localhost:0"), "tcp://localhost:")


def test_without_ipv6():
    if IPV6.is_dir():
        for name in ("default", "all"):
            (IPV6 / name / "disable_ipv6").write_text("1\n", encoding="ascii")
    for name in ("tcp", "channel"):
        for host in ("*", "[::]") if IPV6.is_dir() else ("*",):
            has(exchange(f"{name}://{host}:0?plaintext=yes"), f"{name}://0.0.0.0:")
    has(exchange("tcp://localhost:0"), "tcp://localhost:")
    has(exchange("tcp://127.0.0.1:0"), "tcp://127.0.0.1:")
    status, _, errors = run("receive", "--listen", "tcp://[::1]:0")
    same(status, 1)
    has(errors, "this machine has no IPv6")
    status, _, errors = run("receive", "--dial", "tcp://[::1]:7000", "--timeout",
                            "0.3")
    same(status, 3)
    has(errors, "this machine has no IPv6")
    status, checks, _ = doctor("tcp://[::1]:7000")
    same(status, 1)
    has(one_of(checks, "port")["found"], "this machine has no IPv6")


def main():
    lay_out()
    return tap.run([(name, test) for name, test in globals().items()
                    if name.startswith("test_")])


sys.exit(beds.run_inside(sys.argv[1], main))
