#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein doctor --dial`: who is there, or what breaks."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import tap
from tool_test import ANY, LIMIT_S, Running, doctor, has, one_of, run, same

HOST = "127.0.0.1"


def dialled(uri):
    """The level, and what is found and advised."""
    status, checks, text = doctor(uri, "--dial")
    found = one_of(checks, "dial")
    has(text, "dial")
    same(status, 0 if found["level"] == "ok" else 1)
    same([check["subject"] for check in checks if check["subject"] in
          ("port", "host", "folder", "socket")], [])
    return found["level"], found["found"], found["change"] or ""


def breaks(uri, found, change=""):
    level, what, advice = dialled(uri)
    same(level, "problem")
    has(what, found)
    has(advice, change)


class Key:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.paths = []
        for name in ("lamps.key", "other.key"):
            path = os.path.join(self.folder.name, name)
            same(run("keygen", path)[0], 0)
            self.paths.append(path)
        if "hein-tls" in run("keygen", "--identity",
                             os.path.join(self.folder.name, "x.id"))[2]:
            raise tap.Skip("built without TLS")
        return self.paths

    def __exit__(self, *_):
        self.folder.cleanup()


@contextlib.contextmanager
def serve(answer):
    """Something of another kind, which answers so and ends."""
    with socket.create_server((HOST, 0)) as server:
        def run_all():
            with contextlib.suppress(OSError):
                while True:
                    with server.accept()[0] as connection:
                        connection.sendall(answer)
                        while connection.recv(4096):
                            pass

        thread = threading.Thread(target=run_all, daemon=True)
        thread.start()
        yield f"tcp://{HOST}:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_somebody_is_there():
    with Running("receive", "--name", "hub", "--listen", ANY) as hub:
        level, found, _ = dialled(hub.uri())
        same(level, "ok")
        has(found, "hub is there, proved by none")


def test_key():
    with Key() as (lamps, other), Running("receive", "--name", "hub", "--listen",
                                          f"{ANY}?key-file={lamps}") as hub:
        place = hub.uri().partition("?")[0]
        level, found, _ = dialled(f"{place}?key-file={lamps}")
        same(level, "ok")
        has(found, "hub is there, proved by psk:lamps")
        breaks(f"{place}?key-file={other}", 'does not take the key "other"', "keygen")
        breaks(place, "the other side encrypts", "same kind of key")


def test_plain_there():
    with Key() as (lamps, _), Running("receive", "--name", "hub", "--listen",
                                      ANY) as hub:
        breaks(f"{hub.uri()}?key-file={lamps}", "does not encrypt", "same kind of key")


def test_unknown_identity():
    with Key() as (lamps, _):
        folder = os.path.dirname(lamps)
        pins = {}
        for name in ("hub", "kirk"):
            path = os.path.join(folder, name)
            pins[name] = run("keygen", "--identity", path + ".id")[1].decode()
        for name, known in (("hub", ""), ("kirk", pins["hub"])):
            path = os.path.join(folder, name + ".peers")
            with open(path, "w", encoding="ascii") as file:
                file.write(known)
            os.chmod(path, 0o600)
        options = "?identity={0}/{1}.id&peers={0}/{1}.peers"
        with Running("receive", "--listen", ANY + options.format(folder, "hub")) as hub:
            place = hub.uri().partition("?")[0]
            breaks(place + options.format(folder, "kirk"),
                   "its file of peers needs the line " + pins["kirk"].strip(), "keygen")


def test_no_tls():
    """Something of another kind, where TLS was expected, and where hein hears it
    listen for another protocol."""
    with Key() as (lamps, _):
        with serve(b"HTTP/1.0 400 Bad Request\r\n\r\n") as uri:
            breaks(f"{uri}?key-file={lamps}",
                   "does not encrypt (it begins with 0x48)", "same kind of key")
        with Running("receive", "--listen",
                     f"tcp+soc://{HOST}:0?key-file={lamps}") as hub:
            place = hub.uri().partition("?")[0].partition("://")[2]
            for protocol in ("", "+tinyproto", "+aiomsg"):
                breaks(f"tcp{protocol}://{place}?key-file={lamps}", "looks like soc",
                       "it listens for another protocol")


def test_other_name():
    """A name that is said and is not that of the key: of who dials, and of who
    listens."""
    with Key() as (lamps, other):
        folder = os.path.dirname(lamps)
        ring = os.path.join(folder, "ring")
        with open(lamps, encoding="ascii") as file, open(ring, "w",
                                                         encoding="ascii") as into:
            into.write("kirk " + file.read())
        os.chmod(ring, 0o600)
        with Running("receive", "--name", "hub", "--listen",
                     f"{ANY}?key-ring-file={ring}") as hub:
            uri = f"{hub.uri().partition('?')[0]}?key-file={lamps}"
            breaks(uri, 'none for the name "doctor"', "keygen")
            status, checks, _ = doctor(uri, "--dial", "--name", "kirk")
            same((status, one_of(checks, "dial")["level"]), (0, "ok"))
        with Running("receive", "--name", "hub", "--listen",
                     f"{ANY}?key-file={lamps}") as hub:
            breaks(f"{hub.uri().partition('?')[0]}?key-ring-file={ring}",
                   'it says "hub", and its key is that of "kirk"', "line of the key")


CA = """
[ca]
default_ca = fleet
[fleet]
database = {0}/index
serial = {0}/serial
new_certs_dir = {0}
default_md = default
policy = any
x509_extensions = names
[any]
commonName = optional
[names]
subjectAltName = DNS:hub
"""


def sign(folder, begin, end):
    """The identity hub.id by the authority fleet, valid between these times. By
    openssl, since hein makes none that is not valid."""
    path = os.path.join(folder, "hub.id")
    for name, text in (("ca.cnf", CA.format(folder)), ("index", ""), ("serial", "01\n")):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    fleet, request = os.path.join(folder, "fleet"), os.path.join(folder, "request")
    crt = os.path.join(folder, "crt")
    for words in (("req", "-new", "-key", path, "-subj", "/CN=hub", "-out", request),
                  ("ca", "-batch", "-config", os.path.join(folder, "ca.cnf"), "-cert",
                   fleet, "-keyfile", fleet, "-in", request, "-notext", "-out", crt,
                   "-startdate", begin, "-enddate", end)):
        subprocess.run(["openssl", *words], check=True, capture_output=True,
                       timeout=LIMIT_S)
    key = subprocess.run(["openssl", "pkey", "-in", path], check=True,
                         capture_output=True, timeout=LIMIT_S).stdout
    with open(path, "wb") as into, open(crt, "rb") as file:
        into.write(key + file.read())


def test_dates():
    """A certificate that has expired, and one that a clock is too early for."""
    if shutil.which("openssl") is None:
        raise tap.Skip("openssl is not there")
    with Key() as (lamps, _):
        folder = os.path.dirname(lamps)
        fleet = os.path.join(folder, "fleet")
        same(run("keygen", "--ca", fleet)[0], 0)
        for name in ("hub", "kirk"):
            same(run("keygen", "--by", fleet, "--identity",
                     os.path.join(folder, name + ".id"))[0], 0)
        options = "?identity={0}/{1}.id&ca-file={0}/fleet.pem"
        for begin, end, found in (
                ("20000101000000Z", "20010101000000Z", "has expired at"),
                ("21000101000000Z", "21010101000000Z", "is not valid before")):
            sign(folder, begin, end)
            with Running("receive", "--name", "hub", "--listen",
                         ANY + options.format(folder, "hub")) as hub:
                breaks(hub.uri().partition("?")[0] + options.format(folder, "kirk"),
                       found, "clocks")


def test_refused():
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))
        breaks(f"tcp://{HOST}:{nobody.getsockname()[1]}", "refused",
               "nobody listens there")


def test_other_kind():
    with serve(b"HTTP/1.0 400 Bad Request\r\n\r\n" + bytes(64)) as uri:
        breaks(uri, "", "protocol")


def test_socket():
    with tempfile.TemporaryDirectory() as folder:
        uri = f"unix://{folder}/socket"
        breaks(uri, "", "start the listener")
        with Running("receive", "--name", "hub", "--listen", uri) as hub:
            hub.uri()
            has(dialled(uri)[1], "hub is there, proved by unix:")


def test_groups_are_not_dialled():
    status, out, errors = run("doctor", "--dial", "udp-multicast://239.255.0.1:7000")
    if "no plugin" in errors:
        raise tap.Skip("built without udp-multicast")
    same((status, out), (2, b""))
    has(errors, "--dial")


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
