#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line over WebSockets: against mosquitto, and a peer of its own."""

import socket
import sys

import peer_tools
import web_peer
from aiomsg_peer import Peer, identity_of
from mqtt_broker import Broker
from peer_tools import SECONDS, check, finish, listen, payloads, start
from server_process import free_port


class WebBroker(Broker):
    """A mosquitto that listens for WebSockets, too."""

    def __init__(self):
        self.web = free_port()
        super().__init__(f"listener {self.web} 127.0.0.1", "protocol websockets")

    def uri(self, *options):
        address = f"ws+mqtt://127.0.0.1:{self.web}/mqtt"
        return address + ("?" + "&".join(options) if options else "")


def test_mosquitto_receives():
    with WebBroker() as broker:
        for version in ("5", "3.1.1"):
            broker.forget()
            process = start("receive", "--dial", broker.uri(f"version={version}"),
                            "--name", "spock", "--topic", "a/", "--count", "3")
            broker.wait_for("Sending SUBACK to spock")
            broker.publish("a/b", "hello!")
            broker.publish("a/c", "Grüße", "-q", "1")
            broker.publish("a/d", "x" * 100000)
            code, output, trouble = finish(process)
            check(code, 0, f"exit status ({trouble})")
            check(payloads(output), ["hello!", "Grüße", "x" * 100000], "what came")


def test_mosquitto_sends():
    with WebBroker() as broker:
        process = broker.subscribe("#", 3, "-q", "1")
        for words in (["a"], ["--deliver", "b", "x" * 100000]):
            code, _, trouble = finish(start(
                "send", "--dial", broker.uri(), "--name", "uhura", "--topic", "t", *words))
            check(code, 0, f"exit status ({trouble})")
        output, trouble = process.communicate(timeout=SECONDS)
        check(output.splitlines(), ["t a", "t b", "t " + "x" * 100000], trouble)


def test_no_websocket():
    """The other listener of mosquitto speaks MQTT alone, and hangs up."""
    with WebBroker() as broker:
        code, _, trouble = finish(start(
            "send", "--dial", f"ws+mqtt://127.0.0.1:{broker.port}", "--timeout", "1",
            "--topic", "t", "--verbose", "x"))
        check(code, 3, f"exit status ({trouble})")
        check("closed during" in trouble or "reset by peer" in trouble, True, trouble)


def meet(link, name):
    peer = Peer(link, identity_of(name))
    peer.greet()
    return peer


def test_aiomsg():
    """A14: on one port those come in that begin as a WebSocket, and those that do not."""
    process, port = listen("receive", "ws+aiomsg://127.0.0.1:0/a", "--name", "kirk",
                           "--count", "4")
    plain = meet(socket.create_connection(("127.0.0.1", port)), "plain")
    link = socket.create_connection(("127.0.0.1", port))
    head = web_peer.ask(link, "/a")
    check(head.split(" ")[1], "101", head)
    web = web_peer.Web(link, True)
    peer = meet(web, "web")
    for each in (plain, peer):
        each.send(b"small", b"y" * 70000)
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    check(sorted(line.split("\t")[0] for line in output.splitlines()),
          ["plain", "plain", "web", "web"], "who sent")
    check(sorted(map(len, payloads(output))), [5, 5, 70000, 70000], "how much")
    while web.recv(4096):
        pass
    check(web.pongs > 0, True, "pings are answered")
    check(web.close, 1000, "how it closed")


def test_dials():
    """A server that is not hein; what it closes with is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = start("receive", "--dial", f"ws+aiomsg://127.0.0.1:{port}/x%20y",
                        "--count", "1", "--verbose")
        link, _ = server.accept()
        head = web_peer.read_head(link)
        check(head.split(" ")[1], "/x%20y", head)
        check(web_peer.field(head, "Host"), f"127.0.0.1:{port}", head)
        check(web_peer.field(head, "Origin"), None, head)
        accept = web_peer.answer(web_peer.field(head, "Sec-WebSocket-Key"))
        link.sendall(("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                      f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        web = web_peer.Web(link, False)
        meet(web, "server").send(b"hello!")
        output = process.stdout.readline()
        check(output.split("\t")[-1], "hello!\n", "what came")
        finish(process)
        while web.recv(4096):
            pass
        check(web.close, 1000, "how it closed")


def test_refused():
    """By a code, and its reason."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = start("receive", "--dial", f"ws+aiomsg://127.0.0.1:{port}", "--verbose")
        link, _ = server.accept()
        key = web_peer.field(web_peer.read_head(link), "Sec-WebSocket-Key")
        link.sendall(("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                      f"Sec-WebSocket-Accept: {web_peer.answer(key)}\r\n\r\n").encode())
        web_peer.Web(link, False).shut(4001, b"not today")
        for line in process.stderr:
            if "4001: not today" in line:
                break
        else:
            raise AssertionError("the reason is not told")
        process.kill()
        finish(process)


def test_origin():
    """Pages are let in when the address names theirs."""
    process, port = listen("receive", "ws+aiomsg://127.0.0.1:0?origin=http://good:8000",
                           "--name", "kirk", "--count", "1")
    for origin, status in (("http://evil", "403"), ("null", "403"),
                           ("http://good:8000", "101")):
        with socket.create_connection(("127.0.0.1", port)) as link:
            head = web_peer.ask(link, "/", Origin=origin)
            check(head.split(" ")[1], status, head)
    with socket.create_connection(("127.0.0.1", port)) as link:
        check(web_peer.ask(link, "/other").split(" ")[1], "404", "another path")
    meet(socket.create_connection(("127.0.0.1", port)), "plain").send(b"end")
    check(finish(process)[0], 0, "exit status")


TESTS = [test_mosquitto_receives, test_mosquitto_sends, test_no_websocket, test_aiomsg,
         test_dials, test_refused, test_origin]


if __name__ == "__main__":
    sys.exit(peer_tools.run("websocket", TESTS))
