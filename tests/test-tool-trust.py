#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Identities from the command line, and independent peers, Python's ssl and openssl,
at addresses with them: they come in with what openssl has made, and else not."""

import contextlib
import hashlib
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading

import tap
from tool_test import LIMIT_S, Running, has, run, same

GREETING = b"\xff\0\0\0\0\0\0\0"  # of ZMTP
HOST = "127.0.0.1"


def need_all():
    if shutil.which("openssl") is None:
        raise tap.Skip("openssl is not there")
    with tempfile.TemporaryDirectory() as folder:
        errors = run("keygen", "--identity", os.path.join(folder, "x.id"))[2]
    if "hein-tls" in errors:
        raise tap.Skip("built without TLS")


def openssl(*args):
    return subprocess.run(["openssl", *args], check=True, capture_output=True,
                          timeout=LIMIT_S).stdout


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
    return path


def make_key(folder, name, *extensions, by=None, bulk=0):
    """By openssl, with P-256: the path of key and certificate, and the pin."""
    key = os.path.join(folder, name + ".key")
    crt = os.path.join(folder, name + ".crt")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    args = ["req", "-new", "-x509", "-key", key, "-subj", f"/CN={name}", "-days",
            "2", "-out", crt]
    for extension in extensions:
        args += ["-addext", extension]
    if by is not None:
        args += ["-CA", by + ".crt", "-CAkey", by + ".key"]
    openssl(*args)
    with open(key, encoding="ascii") as file:
        text = file.read()
    with open(crt, encoding="ascii") as file:
        text += file.read() * (1 + bulk)
    pem = write(folder, name + ".pem", text)
    der = openssl("pkey", "-in", key, "-pubout", "-outform", "der")
    return pem, hashlib.sha256(der).hexdigest()


def make_identity(folder, name):
    """By hein: the path, and the pin as it prints it."""
    path = os.path.join(folder, name + ".id")
    status, out, errors = run("keygen", "--identity", path)
    same(status, 0)
    has(errors, path, "&peers=peers")
    # the line alone, to be appended to a file of peers
    return path, re.fullmatch(rf"{name} ([0-9a-f]{{64}})\n", out.decode())[1]


def make_context(is_server, path, trusted=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server
                             else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE if trusted is None else ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if trusted is not None:
        context.load_verify_locations(trusted)
    if path is not None:
        context.load_cert_chain(path)
    return context


def place_of(uri):
    host, _, port = uri.partition("://")[2].partition("?")[0].rpartition(":")
    return host, int(port)


def hear(uri, path, said=b"", size=len(GREETING)):
    """What Python hears of a listener, and the fingerprint of its key."""
    heard = b""
    pin = None
    with socket.create_connection(place_of(uri), LIMIT_S) as raw:
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            with make_context(False, path).wrap_socket(raw) as stream:
                der = stream.getpeercert(True)
                pin = pin_of(der)
                stream.sendall(said)
                while len(heard) < size:
                    data = stream.recv(size - len(heard))
                    if not data:
                        break
                    heard += data
    return heard, pin


def pin_of(der):
    pem = ssl.DER_cert_to_PEM_cert(der).encode()
    key = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=pem,
                         check=True, capture_output=True).stdout
    spki = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"],
                          input=key, check=True, capture_output=True).stdout
    return hashlib.sha256(spki).hexdigest()


def hear_by_openssl(uri, path, *args):
    host, port = place_of(uri)
    with subprocess.Popen(
            ["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_3",
             "-quiet", "-cert", path, "-key", path, "-cert_chain", path, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE) as client:
        heard = client.stdout.read(len(GREETING))
        client.stdin.close()
        client.kill()
        client.stderr.read()
        client.wait(LIMIT_S)
    return heard


def test_keygen():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        path, pin = make_identity(folder, "kirk")
        same(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        same(pin_of(ssl.PEM_cert_to_DER_cert(
            openssl("x509", "-in", path).decode())), pin)
        status, out, errors = run("keygen", "--identity", path)
        same((status, out), (1, b""))
        has(errors, path, "never overwritten")
        for args in (("--by", "x", "f"), ("--identity", "--ca", "f"),
                     ("--days", "3", "--identity", "f"),
                     ("--days", "0", "--by", "f", "--identity", "g"), ("--name", "a", "f"),
                     ("--identity", "--name", "a\nb", "f")):
            same(run("keygen", *args)[0], 2)


def test_authority():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        fleet = os.path.join(folder, "fleet")
        same(run("keygen", "--ca", fleet)[0], 0)
        same(stat.S_IMODE(os.stat(fleet).st_mode), 0o600)
        path = os.path.join(folder, "kirk.id")
        for name in ("kirk", "kirk"):
            status, _, errors = run("keygen", "--by", fleet, "--identity", path)
            same((status, errors), (0, ""))
            has(openssl("verify", "-CAfile", fleet + ".pem", "-verify_hostname",
                        name + ".peer.hein.internal", path).decode(), "OK")


def test_exchange():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        kirk, kirk_pin = make_identity(folder, "kirk")
        hub, hub_pin = make_identity(folder, "hub")
        of_hub = write(folder, "of-hub", f"kirk {kirk_pin}\n")
        of_kirk = write(folder, "of-kirk", f"hub {hub_pin}\n")
        os.chmod(of_kirk, 0o644)
        # nobody says a name: it is that of the identity
        with Running("receive", "--listen",
                     f"tcp://{HOST}:0?identity={hub}&peers={of_hub}",
                     "--count", "1") as receiver:
            place = "%s:%u" % place_of(receiver.uri())
            status, _, errors = run(
                "send", "--dial",
                f"tcp://{place}?identity={kirk}&peers={of_kirk}", "all off")
            same((status, errors), (0, ""))
            same(receiver.end(), (0, b"kirk\t\tall off\n", ""))


def test_pinned_diallers():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        hub, hub_pin = make_identity(folder, "hub")
        kirk, kirk_pin = make_key(folder, "kirk")
        stranger, _ = make_key(folder, "stranger")
        bulky, bulky_pin = make_key(folder, "bulky", bulk=2000)  # 1 MiB
        peers = write(folder, "peers", f"kirk {kirk_pin}\nbulky {bulky_pin}\n")
        with Running("receive", "--listen",
                     f"tcp://{HOST}:0?identity={hub}&peers={peers}") as receiver:
            uri = receiver.uri()
            same(hear(uri, kirk), (GREETING, hub_pin))
            same(hear_by_openssl(uri, kirk), GREETING)
            same(hear(uri, stranger)[0], b"")
            same(hear(uri, None)[0], b"")
            same(hear_by_openssl(uri, stranger), b"")
            same(hear_by_openssl(uri, bulky), b"")
            same(hear(uri, kirk), (GREETING, hub_pin))


def test_signed_diallers():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        ca, _ = make_key(folder, "ca")
        os.chmod(ca[:-4] + ".crt", 0o644)
        by = os.path.join(folder, "ca")
        hub, _ = make_key(folder, "hub", "subjectAltName=DNS:hub", by=by)
        kirk, _ = make_key(folder, "kirk",
                           f"subjectAltName=DNS:kirk,IP:{HOST}", by=by)
        two, _ = make_key(folder, "two", "subjectAltName=DNS:kirk,DNS:two", by=by)
        nameless, _ = make_key(folder, "nameless", by=by)
        alone, _ = make_key(folder, "alone", "subjectAltName=DNS:kirk")
        with Running("receive", "--listen", f"tcp://{HOST}:0?identity={hub}"
                     f"&ca-file={by}.crt", "--verbose") as receiver:
            uri = receiver.uri()
            for path, is_good in ((kirk, True), (two, False), (nameless, False),
                                  (alone, False), (None, False), (kirk, True)):
                heard = hear(uri, path)[0]
                same(len(heard) > 0, is_good)
                if not is_good and path is not None:
                    receiver.wait_error(f"{uri}: a connection")


def make_hello(name):
    """Of aiomsg: the first frame each way."""
    return b"\0\0\0\x12\1\1" + name.encode().ljust(16, b"\0")


def test_aiomsg():
    """A13: mutual TLS as aiomsg has it, with certificates that openssl has made: who says
    another's name does not come in."""
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        make_key(folder, "ca")
        by = os.path.join(folder, "ca")
        hub, _ = make_key(folder, "hub", "subjectAltName=DNS:hub", by=by)
        kirk, _ = make_key(folder, "kirk", "subjectAltName=DNS:kirk", by=by)
        with Running("receive", "--listen", f"tcp+aiomsg://{HOST}:0?identity={hub}"
                     f"&ca-file={by}.crt", "--verbose") as receiver:
            uri = receiver.uri()
            wanted = make_hello("hub")
            same(hear(uri, kirk, make_hello("kirk"), len(wanted))[0], wanted)
            receiver.wait_error("peer-added kirk")
            hear(uri, kirk, make_hello("spock"), 1000)
            has(receiver.wait_error(f"{uri}: a connection"),
                'it says "spock", and its key is that of "kirk"')


class Server:
    """A listener of Python's, which says whom it has seen."""

    def __init__(self, path, trusted=None):
        self.context = make_context(True, path, trusted)
        if trusted is None:
            # shown, and not looked at: it is known by its key
            self.context.verify_mode = ssl.CERT_NONE
        self.socket = socket.create_server((HOST, 0))
        self.socket.settimeout(LIMIT_S)
        self.heard = b""
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        raw, _ = self.socket.accept()
        with raw, contextlib.suppress(ssl.SSLError, ConnectionError):
            with self.context.wrap_socket(raw, server_side=True) as stream:
                while len(self.heard) < len(GREETING):
                    data = stream.recv(len(GREETING) - len(self.heard))
                    if not data:
                        break
                    self.heard += data

    def uri(self):
        return "tcp://%s:%u" % self.socket.getsockname()

    def end(self):
        self.thread.join(LIMIT_S)
        self.socket.close()
        return self.heard


def test_listener():
    need_all()
    with tempfile.TemporaryDirectory() as folder:
        kirk, _ = make_identity(folder, "kirk")
        hub, hub_pin = make_key(folder, "hub")
        other, _ = make_key(folder, "other")
        peers = write(folder, "peers", f"hub {hub_pin}\n")
        # it has to ask for a certificate, so it has to trust one
        trusted = write(folder, "trusted", openssl("x509", "-in", kirk).decode())
        for path, wanted in ((hub, GREETING), (other, b"")):
            server = Server(path, trusted)
            with Running("send", "--dial",
                         f"{server.uri()}?identity={kirk}&peers={peers}", "x"):
                same(server.end(), wanted)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
