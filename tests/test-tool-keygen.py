#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein keygen` does."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import tap
from tool_test import (ANY, TOOL, Running, doctor, free_group, has, levels_of, make_file,
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
            has(errors, lost, "folder does not exist")
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
                          (f"1 {secret} - -\n\0", "is not text"),
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


def need_curve():
    if run("keygen", "--curve", "/dev/null/none")[2].count("needs the module of CURVE"):
        raise tap.Skip("built without CURVE")


def test_curve_is_a_module():
    """No other command loads libsodium; without the module it says what is missing."""
    need_curve()
    linked = subprocess.run(["ldd", TOOL], capture_output=True, text=True,
                            check=True).stdout
    assert "libsodium" not in linked, linked
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([TOOL, "keygen", "--curve", os.path.join(folder, "k")],
                              capture_output=True, text=True, check=False,
                              env=os.environ | {"HEIN_PLUGIN_PATH": folder})
        if done.returncode == 0:
            return  # another one is installed
        same((done.returncode, os.listdir(folder)), (1, []))
        has(done.stderr, "needs the module of CURVE", "hein-curve.so")


def test_keygen_curve():
    need_curve()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kirk.key")
        old = os.umask(0o027)
        try:
            status, out, errors = run("keygen", "--curve", path)
        finally:
            os.umask(old)
        same((status, errors), (0, ""))
        same((mode_of(path), mode_of(path + "_secret")), (0o644, 0o600))
        (key,) = re.findall(r'public-key = "(.{40})"', read_text(path))
        (secret,) = re.findall(r'secret-key = "(.{40})"', read_text(path + "_secret"))
        assert "secret" not in read_text(path), "the secret is in both"
        has(read_text(path + "_secret"), f'public-key = "{key}"')
        assert secret not in out.decode(), "it shows the key"
        has(out.decode(), f"curve-key={path}&curve-peers=", "curve-server=")
        # what is there is never overwritten, nor is half of it
        status, _, errors = run("keygen", "--curve", path)
        same(status, 1)
        has(errors, "never overwritten")
        os.unlink(path + "_secret")
        same(run("keygen", "--curve", path)[0], 1)
        same(os.path.exists(path + "_secret"), False)
        has(read_text(path), key)
        for args in (["--ring"], ["--until", "2030-01-01"]):
            same(run("keygen", "--curve", *args, os.path.join(folder, "k"))[0], 2)
        same(run("keygen", "--curve", path + "_secret")[0], 2)


def test_keygen_curve_serves():
    """Both halves where hein says that they go."""
    need_curve()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("server", "kirk", "khan"):
            same(run("keygen", "--curve", os.path.join(folder, name + ".key"))[0], 0)
        os.mkdir(os.path.join(folder, "peers"))
        shutil.copy(os.path.join(folder, "kirk.key"), os.path.join(folder, "peers"))
        with Running("receive", "--listen", f"{ANY}?curve-key={folder}/server.key"
                     f"&curve-peers={folder}/peers", "--count", "1") as receiver:
            place = receiver.uri().partition("?")[0]
            dial = f"{place}?curve-server={folder}/server.key&curve-key={folder}/"
            status, _, errors = run("send", "--dial", dial + "khan.key", "text",
                                    "--timeout", "1")
            same(status, 3)
            has(errors, "the other side refused: no certificate of the key")
            same(run("send", "--dial", dial + "kirk.key", "text")[0], 0)
            status, out, errors = receiver.end()
            same((status, out.count(b"text")), (0, 1))
            has(errors, "a connection from 127.0.0.1:", "no certificate of the key")


def test_keygen_revoke():
    """The lines of one name go, whatever stands around them, and nothing else does."""
    one, two = "5a" * 32, "6b" * 32
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "peers")

        def revoke(text, *args, mode=0o600):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, mode)
            status, out, errors = run("keygen", "--revoke", *args, path)
            same(os.listdir(folder), ["peers"])
            same(os.stat(path).st_mode & 0o777, mode)
            assert one not in out.decode() + errors, "it shows the key"
            return status, out.decode(), errors, read_text(path)

        status, out, _, left = revoke(
            f"# kirk {one}\nkirk {one}\n\n  kirk\t{two} \r\nkirk t {one}\nspock {two}",
            "kirk")
        same((status, left), (0, f"# kirk {one}\n\nkirk t {one}\nspock {two}\n"))
        has(out, "2 lines of kirk are no longer in", "within a second")
        same(revoke(f"kirk t {one}\nkirk {two}\n", "kirk t")[3], f"kirk {two}\n")
        same(revoke(f"kirk {one}\n", "kirk")[3], "")
        status, _, errors, left = revoke(f"kirk {one}\n", "spock")
        same((status, left), (1, f"kirk {one}\n"))
        has(errors, "has no line of 'spock'")
        # a bus would go on with the last key, as it does with any broken file
        status, _, errors, left = revoke(f"kirk {one}\n", "kirk", "--ring")
        same((status, left), (1, f"kirk {one}\n"))
        has(errors, "has the only key in it")
        same(revoke(f"1 {one} - -\n2 {two} 7 -\n", "1", "--ring")[3],
             f"2 {two} 7 -\n")
        # others may read who is known, but no keys, and write neither
        same(revoke(f"kirk {one}\n", "kirk", mode=0o644)[3], "")
        status, _, errors, left = revoke(f"kirk {one}\n", "kirk", mode=0o664)
        same((status, left), (1, f"kirk {one}\n"))
        has(errors, "others could write to it")
        lines = f"kirk {one}\nspock {two}\n"
        same(revoke(lines, "kirk", "--ring", mode=0o644)[::3], (1, lines))
        same(run("keygen", "--revoke", "kirk", path + ".not")[0], 1)
        for option in ("--identity", "--curve"):
            same(run("keygen", "--revoke", "kirk", option, path)[0], 2)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
