#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An independent peer, openssl, at an address with keys: what is derived from a file
is what hein/tls/README.md says, and strangers learn nothing."""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile

import tap
from tool_test import LIMIT_S, Running, has, run, same

KEY = bytes(range(1, 33))
INSTANCE = "0123456789abcdef" * 2
GREETING = b"\xff\0\0\0\0\0\0\0"  # of ZMTP


def derive(key, info, size):
    """HKDF (RFC 5869) of one block."""
    extract = hmac.digest(b"hein tls 1", key, hashlib.sha256)
    return hmac.digest(extract, info + b"\1", hashlib.sha256)[:size]


def make_identity(name, key=KEY):
    return f"hein1:{derive(key, b'id', 4).hex()}:{INSTANCE}:{name}"


def talk(uri, identity, psk, until=GREETING):
    """What openssl hears, up to as many bytes, and what it says of that."""
    place = uri.partition("://")[2].partition("?")[0]
    with subprocess.Popen(
            ["openssl", "s_client", "-connect", place, "-tls1_3", "-quiet",
             "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-psk", psk.hex(),
             "-psk_identity", identity],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE) as client:
        heard = client.stdout.read(len(until))
        client.stdin.close()
        client.kill()
        errors = client.stderr.read().decode()
        client.wait(LIMIT_S)
    return heard, errors


def need_all():
    if shutil.which("openssl") is None:
        raise tap.Skip("openssl is not there")
    _, _, errors = run("receive", "--listen",
                       "tcp://127.0.0.1:0?key-file=/nonexistent", "--count", "1")
    if "module of TLS" in errors:
        raise tap.Skip("built without TLS")


def make_files(folder):
    paths = {}
    for name, text in (("lamps.key", KEY.hex()),
                       ("named.ring", f"kirk {KEY.hex()}\n")):
        paths[name] = os.path.join(folder, name)
        with open(paths[name], "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(paths[name], 0o600)
    return paths


def test_openssl():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_files(folder)
        for option, path in (("key-file", paths["lamps.key"]),
                             ("key-ring-file", paths["named.ring"])):
            with Running("receive", "--listen",
                         f"tcp://127.0.0.1:0?{option}={path}") as hub:
                uri = hub.uri()
                name = make_identity("kirk")
                psk = derive(KEY, b"psk" + name.encode(), 32)
                same(talk(uri, name, psk)[0], GREETING)
                # another name has another key
                same(talk(uri, make_identity("spock"), psk)[0], b"")


def test_strangers_learn_nothing():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        path = make_files(folder)["named.ring"]
        with Running("receive", "--listen",
                     f"tcp://127.0.0.1:0?key-ring-file={path}") as hub:
            uri = hub.uri()
            told = set()
            for name in (make_identity("kirk"), make_identity("nobody"),
                         make_identity("kirk", bytes(32)), "anybody"):
                heard, errors = talk(uri, name, b"\1" * 32)
                same(heard, b"")
                has(errors, "alert")
                told |= {line.partition("SSL routines")[2].split(":")[2]
                         for line in errors.splitlines() if "alert" in line
                         and "SSL routines" in line}
            same(len(told), 1)


def test_no_log_of_keys():
    """Who sets a variable of the environment does not get the keys of sessions."""
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        path = make_files(folder)["lamps.key"]
        log = os.path.join(folder, "log")
        environ = {**os.environ, "SSLKEYLOGFILE": log}
        with Running("receive", "--listen", f"tcp://127.0.0.1:0?key-file={path}",
                     "--count", "1", env=environ) as hub:
            same(run("send", "--dial", hub.uri(), "text", env=environ)[0], 0)
            same(hub.end()[0], 0)
        same(os.path.exists(log), False)


def test_security_is_shown():
    """Beside who sent a message, and when somebody comes."""
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        path = make_files(folder)["lamps.key"]
        with Running("receive", "--listen", f"tcp://127.0.0.1:0?key-file={path}",
                     "--count", "1", "--format", "json", "--verbose") as hub:
            status, _, errors = run("send", "--dial", hub.uri(), "text", "--verbose")
            same(status, 0)
            has(errors, "(psk:lamps)")
            status, out, errors = hub.end()
            same((status, json.loads(out)["security"]), (0, "psk:lamps"))
            has(errors, "(psk:lamps)")


def test_password_within():
    """A password may go over a network when it is encrypted."""
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        key = make_files(folder)["lamps.key"]
        for name, text in (("users", "kirk Boldly go\n"), ("password", "Boldly go\n")):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(path, 0o600)
        uri = f"tcp://0.0.0.0:0?plain-users={folder}/users"
        status, _, errors = run("receive", "--listen", uri)
        same(status, 1)
        has(errors, "a password would go over the network")
        with Running("receive", "--listen", f"{uri}&key-file={key}", "--count", "1",
                     "--format", "json") as hub:
            port = hub.uri().partition("?")[0].rpartition(":")[2]
            same(run("send", "--dial", f"tcp://127.0.0.1:{port}?key-file={key}"
                     f"&plain-username=kirk&plain-password-file={folder}/password",
                     "text")[0], 0)
            status, out, _ = hub.end()
            same((status, json.loads(out)["security"]), (0, "plain:kirk"))


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
