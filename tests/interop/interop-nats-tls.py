#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against nats-servers with certificates by openssl, and somebody on
the way who takes TLS out of what they say."""

import socket
import sys
import threading

import peer_tools
from host_keys import ELSEWHERE, HERE, Keys
from nats_server import Server
from peer_tools import SECONDS, check, finish, start


def serve(keys, *lines, names=HERE, more=""):
    """A server that wants TLS."""
    keys.make_server(names)
    return Server(f"""tls {{
        cert_file: "{keys.path("server", "crt")}"
        key_file: "{keys.path("server", "key")}"
        {more}
    }}""", *lines)


USERS = "authorization: { user: k, password: secret }"


def send(uri, *arguments):
    return finish(start("send", "--dial", uri, "--name", "uhura", "--topic", "t",
                        "--verbose", *arguments, "x"))


def check_fails(uri, *words):
    """It is told why, and goes on trying."""
    code, _, trouble = send(uri, "--timeout", "1")
    check(code, 3, f"exit status ({trouble})")
    for word in words:
        check(word in trouble, True, f"{word!r} in {trouble}")


def check_works(server, uri):
    server.forget()
    process = start("receive", "--dial", uri, "--name", "spock", "--count", "1")
    server.wait_for(r"spock.*<<- \[SUB ")
    code, _, trouble = send(uri, "--timeout", str(SECONDS))
    check(code, 0, f"exit status ({trouble})")
    code, output, trouble = finish(process)
    check((code, peer_tools.payloads(output)), (0, ["x"]), f"what came ({trouble})")


def test_encrypts():
    """By its address and by its name, with a password, which goes nowhere else."""
    with Keys() as keys, serve(keys, USERS) as server:
        secret = keys.path("secret")
        secret.write_text("secret\n")
        secret.chmod(0o600)
        for host in ("127.0.0.1", "localhost"):
            uri = server.uri(*keys.options("user=k", f"password-file={secret}"))
            check_works(server, uri.replace("127.0.0.1", host))
        check(server.count("TLS handshake complete") >= 2, True, "handshakes")


def test_wanted():
    """An address without TLS is told what to write."""
    with Keys() as keys, serve(keys) as server:
        check_fails(server.uri(), "the server wants TLS", "tls=yes")


def test_authority():
    """One of another authority, and of one that the system does not know."""
    with Keys() as keys, serve(keys) as server:
        check_fails(server.uri(*keys.options(ca="other")), "another authority",
                    "the ca-file does not have")
        check_fails(server.uri("tls=yes"), "another authority", "ca-file=FILE")


def test_name():
    with Keys() as keys, serve(keys, names=ELSEWHERE) as server:
        check_fails(server.uri(*keys.options()), "of another host")


def test_client():
    """A server that wants to know who comes."""
    with Keys() as keys:
        keys.make("kirk", "subjectAltName=DNS:kirk", "extendedKeyUsage=clientAuth",
                  by="ca")
        with serve(keys, more=f"""verify: true
                                  ca_file: "{keys.path('ca', 'crt')}" """) as server:
            check_works(server, server.uri(*keys.options(
                f"identity={keys.path('kirk')}")))
            check_fails(server.uri(*keys.options()), "identity=FILE")


def test_none():
    """A server without TLS is not told a word."""
    with Keys() as keys, Server() as server:
        check_fails(server.uri(*keys.options()), "has no TLS", "nothing was sent")
        check(server.count(r"<<- \[CONNECT"), 0, "words")


class OnTheWay:
    """Passes the first line of a server on, changed, and keeps what the client says."""

    def __init__(self, server, change):
        self.server = server
        self.change = change
        self.heard = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, socket.create_connection(
                    ("127.0.0.1", self.server.port)) as server:
                client.sendall(self.change(server.makefile("rb").readline()))
                try:
                    while data := client.recv(65536):
                        self.heard += data
                except ConnectionError:
                    pass

    def uri(self, *options):
        return f"tcp+nats://127.0.0.1:{self.port}?" + "&".join(options)

    def close(self):
        self.socket.close()


def test_stripped():
    """Who takes TLS out of INFO, or adds words of his own, learns no password."""
    with Keys() as keys, serve(keys, USERS) as server:
        secret = keys.path("secret")
        secret.write_text("secret\n")
        secret.chmod(0o600)
        for change, words in (
                (lambda line: line.replace(b'"tls_required":true', b'"x":true')
                              .replace(b'"tls_available":true', b'"y":true'),
                 ["has no TLS"]),
                (lambda line: line + b"PING\r\n", ["before TLS began"]),
                (lambda line: b"-ERR 'Secure Connection - TLS Required'\r\n",
                 ["tls=yes"])):
            way = OnTheWay(server, change)
            check_fails(way.uri(*keys.options("user=k", f"password-file={secret}")),
                        *words)
            way.close()
            check(way.heard, b"", "what was heard on the way")


TESTS = [test_encrypts, test_wanted, test_authority, test_name, test_client,
         test_none, test_stripped]


if __name__ == "__main__":
    sys.exit(peer_tools.run("nats-tls", TESTS))
