#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein keygen` does."""

import os
import re
import stat
import sys
import tempfile

import tap
from tool_test import (doctor, free_group, has, levels_of, make_file,
                       need_multicast, one_of, run, same)


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


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
