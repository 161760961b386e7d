#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein send` says of groups: whether anybody can have heard it."""

import json
import os
import socket
import sys
import tempfile

import tap
from tool_test import Running, has, need_multicast, run, same

GROUP = "239.255.7.9"


def group(options):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((GROUP, 0))
        port = probe.getsockname()[1]
    return f"udp-multicast://{GROUP}:{port}?interface=lo&ttl=0&{options}"


def make_key(folder, name):
    path = os.path.join(folder, name)
    status, _, errors = run("keygen", path)
    same((status, errors), (0, ""))
    return path


def send(uri, *args):
    status, out, errors = run("send", "--json", "--dial", uri, *args, "hello")
    return status, json.loads(out), errors


def test_member():
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        uri = group("key-file=" + make_key(folder, "key"))
        with Running("receive", "--listen", uri, "--count", "1") as receiver:
            receiver.uri()
            status, summary, errors = send(uri)
            same((status, errors), (0, ""))
            same((summary["sent"], summary["peers"]), (1, 1))
            same(receiver.end()[0], 0)


def test_other_key():
    """Its own time is the bound: the tool gives up by itself."""
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = make_key(folder, "mine"), make_key(folder, "theirs")
        uri = group("key-file=")
        with Running("receive", "--listen", uri + theirs) as receiver:
            receiver.uri()
            status, summary, errors = send(uri + mine)
            same((status, summary["sent"], summary["peers"]), (1, 0, 0))
            has(errors, "encrypted with another key", "nobody was heard")


def test_nobody():
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        uri = group("key-file=" + make_key(folder, "key"))
        status, summary, errors = send(uri, "--timeout", "0.5")
        same((status, summary["sent"]), (3, 0))
        has(errors, "timed out after 0.5 s: 0 messages sent, 0 peers are there")


def test_nobody_is_wanted():
    """Who asks for no peers is told of none."""
    need_multicast()
    status, summary, _ = send(group("format=hein"), "--wait-peers", "0")
    same((status, summary["peers"]), (1, 0))


def test_nobody_can_know():
    need_multicast()
    status, summary, errors = send(group("format=plain"))
    same((status, summary["sent"], errors), (0, 1, ""))


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
