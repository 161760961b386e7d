#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against pyzmq with CURVE: with the certificates that zmq.auth
makes, and with those of hein keygen, as server and as client."""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tap
from tool_test import ANY, LIMIT_S, Running, has, run, same

try:
    import zmq
    import zmq.auth
    from zmq.auth.thread import ThreadAuthenticator
except ImportError:
    zmq = None


def make_by_pyzmq(folder, name):
    zmq.auth.create_certificates(folder, name)
    # it leaves the mode to the umask
    os.chmod(os.path.join(folder, name + ".key_secret"), 0o600)


def make_by_hein(folder, name):
    same(run("keygen", "--curve", os.path.join(folder, name + ".key"))[0], 0)


class Keys:
    """A folder of certificates of both sides, and of a stranger."""

    def __init__(self, make):
        self.folder = tempfile.mkdtemp()
        for name in ("server", "client", "stranger"):
            make(self.folder, name)
        self.peers = os.path.join(self.folder, "peers")
        os.mkdir(self.peers)
        shutil.copy(self.path("client"), self.peers)

    def path(self, name):
        return os.path.join(self.folder, name + ".key")

    def load(self, name):
        return zmq.auth.load_certificate(self.path(name) + "_secret")


@contextmanager
def keys_by(make):
    keys = Keys(make)
    try:
        yield keys
    finally:
        shutil.rmtree(keys.folder)


@contextmanager
def socket_of(kind, keys, name):
    """A socket with the certificate of that name."""
    context = zmq.Context()
    socket = context.socket(kind)
    socket.curve_publickey, socket.curve_secretkey = keys.load(name)
    socket.linger = 0
    socket.rcvtimeo = socket.sndtimeo = LIMIT_S * 1000
    try:
        yield socket
    finally:
        socket.close()
        context.term()


@contextmanager
def connected(keys, name, uri):
    with socket_of(zmq.PUSH, keys, name) as socket:
        socket.curve_serverkey = keys.load("server")[0]
        socket.connect(uri.partition("?")[0])
        yield socket


@contextmanager
def served(keys, folder):
    """A server that lets in who has a certificate in the folder."""
    with socket_of(zmq.PULL, keys, "server") as socket:
        gate = ThreadAuthenticator(socket.context)
        gate.start()
        gate.configure_curve(domain="*", location=folder)
        socket.curve_server = True
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        try:
            yield socket, f"tcp://127.0.0.1:{port}"
        finally:
            gate.stop()


def listen(keys):
    return Running("receive", "--listen", f"{ANY}?type=pull&curve-key="
                   f"{keys.path('server')}&curve-peers={keys.peers}", "--count", "3",
                   "--format", "raw")


def send(keys, place, name, *args):
    return run("send", "--dial", f"{place}?type=push&curve-key={keys.path(name)}"
               f"&curve-server={keys.path('server')}", *args)


def serve(make):
    """hein is the server."""
    with keys_by(make) as keys, listen(keys) as hub:
        uri = hub.uri()
        with connected(keys, "stranger", uri) as stranger:
            stranger.send(b"let me in", zmq.NOBLOCK)
            has(hub.wait_error("hein: "), "no certificate of the key",
                keys.load("stranger")[0].decode())
            with connected(keys, "client", uri) as socket:
                for text in (b"one ", b"x" * 100000, b" three"):
                    socket.send(text)
                status, out, _ = hub.end()
        same((status, out), (0, b"one " + b"x" * 100000 + b" three"))


def dial(make):
    """hein is the client."""
    with keys_by(make) as keys, served(keys, keys.peers) as (socket, place):
        status, _, errors = send(keys, place, "stranger", "text", "--timeout", "1")
        same(status, 3)
        has(errors, "the other side refused", "400")
        for text in ("one", "x" * 100000):
            same(send(keys, place, "client", text)[0], 0)
            same(socket.recv_multipart()[-1], text.encode())


def plain():
    """Who has no key learns that one is wanted, when it dials again."""
    with (keys_by(make_by_pyzmq) as keys, served(keys, keys.peers) as (_, place),
          Running("send", "--dial", place, "text") as waiting):
        wanted = 'wants the security mechanism "CURVE"'
        line = ""
        while wanted not in line:
            line = waiting.wait_error("hein: ")
        has(line, "curve-key=FILE")


def main():
    if zmq is None or not zmq.has("curve"):
        print("1..0 # SKIP pyzmq is not there, or has no CURVE")
        return 0
    if run("keygen", "--curve", "/dev/null/none")[2].count("needs the module of CURVE"):
        print("1..0 # SKIP built without CURVE")
        return 0
    makers = {"pyzmq": make_by_pyzmq, "hein": make_by_hein}
    return tap.run([(f"{test.__name__}/keys-of-{name}", test, make)
                    for test in (serve, dial) for name, make in makers.items()]
                   + [("plain", plain)])


sys.exit(main())
