#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against independent peers of the wire `tinyproto`.  T… are
the requirements that a test stands for."""

import os
import re
import subprocess
import sys
import tempfile

import peer_tools
from peer_tools import (check, end_input, finish, payloads, run_beside, start,
                        SECONDS)
from tinyproto_peer import (FULL, GO, NO, Refused, Server, connect, echo)

N_MANY = 5000
SIZES = (0, 1, 65536, 16 * 1024 * 1024)


def address(port, options="", host="127.0.0.1"):
    return f"tcp+tinyproto://{host}:{port}{options}"


def listen(command, *options, query=""):
    return peer_tools.listen(command, address(0, query), *options,
                             stdin=subprocess.PIPE)


def send_to(server, *texts, query="", stdin=None):
    return start("send", "--dial", address(server.port, query), *texts,
                 stdin=stdin)


def check_done(process, text=None):
    code, output, trouble = finish(process, text)
    check(code, 0, f"exit status ({trouble})")
    return output


def say_lines(process, *lines):
    """Without the end, at which `hein send` would close."""
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.flush()


def numbered(n):
    return [b"%05d" % i for i in range(n)]


def test_receives():
    """T10: from a client, and from a server."""
    process, port = listen("receive", "--count", "3")
    link = connect(port)
    for message in (b"hello!", b"", b"a b"):
        link.transmit(message)
    link.close()
    check(payloads(check_done(process)), ["hello!", "", "a b"], "messages")
    server = Server()
    process = start("receive", "--dial", address(server.port), "--count", "1")
    link = server.accept()
    link.transmit(b"hello!")
    link.close()
    server.close()
    check(payloads(check_done(process)), ["hello!"], "messages")


def test_sends():
    """T10: to a server, and to a client."""
    server = Server()
    process = send_to(server, "hello!", "", "a b")
    link = server.accept()
    check(link.receive_all(), [b"hello!", b"", b"a b"], "messages")
    link.close()
    check_done(process)
    server.close()
    process, port = listen("send", "-")
    link = connect(port)
    heard = run_beside(link.receive_all)
    end_input(process, "hello!\nbye\n")
    check(heard(), [b"hello!", b"bye"], "messages")
    link.close()
    check_done(process)


def test_many_to_us():
    process, port = listen("receive", "--count", str(N_MANY))
    link = connect(port)

    def speak():
        for message in numbered(N_MANY):
            link.transmit(message)
        link.close()
    run_beside(speak)
    check(payloads(check_done(process)),
          [m.decode() for m in numbered(N_MANY)], "messages, in order")


def test_many_from_us():
    """As many as there are before the end is read (T11)."""
    server = Server()
    process = send_to(server, "-", stdin=subprocess.PIPE)
    link = server.accept()
    heard = run_beside(link.receive_all)
    end_input(process, "".join(m.decode() + "\n" for m in numbered(N_MANY)))
    check(heard(), numbered(N_MANY), "messages, in order")
    link.close()
    check_done(process)
    server.close()


def test_sizes_to_us():
    """T4"""
    for size in SIZES:
        process, port = listen("receive", "--count", "1", "--format", "raw")
        payload = os.urandom(size)
        link = connect(port)
        run_beside(lambda: (link.transmit(payload), link.close()))
        with tempfile.TemporaryFile() as file:
            while data := process.stdout.buffer.read(1 << 20):
                file.write(data)
            file.seek(0)
            check(file.read() == payload, True, f"{size} bytes")
        check(process.wait(SECONDS), 0, "exit status")
        process.stderr.close()
        process.stdout.close()


def test_sizes_from_us():
    """T4"""
    for size in SIZES:
        payload = os.urandom(size)
        server = Server()
        with tempfile.NamedTemporaryFile() as file:
            file.write(payload)
            file.flush()
            process = send_to(server, "--file", file.name)
            link = server.accept()
            check(link.receive_all() == [payload], True, f"{size} bytes")
            link.close()
            check_done(process)
        server.close()


def test_dialogue():
    """T10: one message, one answer, and so on, without a pause."""
    server = Server()
    process = send_to(server, "-", query="?turn-ms=0", stdin=subprocess.PIPE)
    link = server.accept()
    for message in numbered(N_MANY):
        say_lines(process, message.decode())
        check(echo(link, 1), [message], "what the server heard")
    end_input(process)
    check(link.receive(), None, "what comes behind")
    link.close()
    check_done(process)
    server.close()


def test_burst_to_echo():
    """Many at once, each of which is answered: with turns, none collides. A turn
    is as long as the answering thread may have to wait for a core."""
    server = Server()
    process = send_to(server, "-", query="?turn-ms=100", stdin=subprocess.PIPE)
    link = server.accept()
    heard = run_beside(echo, link)
    end_input(process, "".join(m.decode() + "\n" for m in numbered(100)))
    check(heard(), numbered(100), "what the server heard")
    link.close()
    check_done(process)
    server.close()


def test_collision():
    """The original breaks when both speak: the message comes again."""
    server = Server()
    process = send_to(server, "-", stdin=subprocess.PIPE)
    link = server.accept()
    say_lines(process, "one", "two")
    check(link.read(4), b"\0\0\0\3", "the length")
    link.close()
    link = server.accept()
    check(link.receive_some(2), [b"one", b"two"], "messages")
    end_input(process)
    check(link.receive(), None, "what comes behind")
    link.close()
    server.close()
    finish(process)


def test_silence():
    """A thread of tinyproto 3 ends without closing: what waits is not lost."""
    server = Server()
    process = send_to(server, "-", query="?answer-timeout-ms=1000",
                      stdin=subprocess.PIPE)
    deaf = server.accept()
    say_lines(process, "one", "two", "three")
    check(deaf.read(4), b"\0\0\0\3", "the length")
    link = server.accept()
    check(link.receive_some(3), [b"one", b"two", b"three"], "messages")
    check(deaf.read_until_reset(), b"", "what else the deaf one got")
    end_input(process)
    # only then: with bytes unread, closing here would throw away the answers
    finish(process)
    for each in (link, deaf, server):
        each.close()


def test_refuses_size():
    """T5: the connection goes on."""
    process, port = listen("receive", "--count", "2", query="?max-size=10")
    link = connect(port)
    link.transmit(b"0123456789")
    for size in (11, 0xF1000000, 0xFFFFFFFF):
        link.link.sendall(size.to_bytes(4, "big"))
        check(link.read(1), NO, f"the answer to {size}")
    try:
        link.transmit(b"0123456789a")
        check("taken", "refused", "11 bytes")
    except Refused:
        pass
    link.transmit(b"end")
    link.close()
    check(payloads(check_done(process)), ["0123456789", "end"], "messages")


def test_refused_size():
    """A peer that refuses one gets the next."""
    server = Server()
    process = send_to(server, "large", "ok")
    link = server.accept()
    check(link.read(4), b"\0\0\0\5", "the length")
    link.link.sendall(NO)
    check(link.receive_all(), [b"ok"], "messages")
    link.close()
    finish(process)
    server.close()


def test_limit():
    """T7: refused with FE, with zeroes, and what is said of it."""
    for answer, reason in ((FULL, "no room"), (bytes(254), "refused")):
        server = Server()
        process = send_to(server, "hello!", "--verbose")
        link = server.accept_raw()
        link.sendall(answer)
        seen = ""
        for seen in process.stderr:
            if reason in seen:
                break
        check(reason in seen, True, f"the reason ({seen})")
        link.close()
        server.close()
        process.kill()
        finish(process)


def test_full():
    """T7: one too many is told so, and the first one is served on."""
    process, port = listen("receive", "--count", "2", query="?max-peers=1")
    first = connect(port)
    first.transmit(b"one")
    second = connect(port)
    check(second.read_until_reset(), FULL, "what the second one got")
    second.close()
    first.transmit(b"two")
    first.close()
    check(payloads(check_done(process)), ["one", "two"], "messages")


def test_cut():
    """The end within a message: nothing of it is delivered."""
    process, port = listen("receive", "--count", "1")
    link = connect(port)
    link.link.sendall(b"\0\0\0\6")
    check(link.read(1), GO, "the answer")
    link.link.sendall(b"hel")
    link.close()
    link = connect(port)
    link.transmit(b"whole")
    link.close()
    check(payloads(check_done(process)), ["whole"], "messages")


def test_slowly():
    """T11: a byte at a time."""
    process, port = listen("receive", "--count", "2")
    link = connect(port)
    for message in (b"hello!", b"bye"):
        for byte in len(message).to_bytes(4, "big"):
            link.link.sendall(bytes([byte]))
        check(link.read(1), GO, "the answer")
        for byte in message:
            link.link.sendall(bytes([byte]))
    link.close()
    check(payloads(check_done(process)), ["hello!", "bye"], "messages")


def test_several_clients():
    """T1, T7: several at once; one that is none harms nobody."""
    process, port = listen("receive", "--count", "20")
    links = [connect(port) for _ in range(10)]
    links[0].link.sendall(b"\xff")
    for link in links[1:]:
        link.transmit(b"x")
        link.transmit(b"y")
    last = connect(port)
    last.transmit(b"x")
    last.transmit(b"y")
    for link in links + [last]:
        link.close()
    check(sorted(payloads(check_done(process))), 10 * ["x"] + 10 * ["y"],
          "messages")


def test_names_and_ipv6():
    """T1, T13: two addresses, a name and IPv6, in both roles."""
    process = start("receive", "--listen", address(0, host="[::1]"),
                    "--listen", address(0, host="localhost"), "--verbose",
                    "--count", "2")
    ports = []
    for line in process.stderr:
        ports += re.findall(r"(?:\]|localhost|127\.0\.0\.1):([1-9]\d*)", line)
        if len(ports) >= 2:
            break
    for port, host, message in ((ports[0], "::1", b"six"),
                                (ports[1], "localhost", b"name")):
        link = connect(int(port), host)
        link.transmit(message)
        link.close()
    check(sorted(payloads(check_done(process))), ["name", "six"], "messages")
    for host, literal in (("::1", "[::1]"), ("127.0.0.1", "localhost")):
        server = Server(host)
        process = start("send", "--dial", address(server.port, host=literal),
                        "hello!")
        link = server.accept()
        check(link.receive_all(), [b"hello!"], "messages")
        link.close()
        check_done(process)
        server.close()


def test_two_heins():
    receiver, port = listen("receive", "--count", str(N_MANY))
    sender = start("send", "--dial", address(port), "-",
                   stdin=subprocess.PIPE)
    end_input(sender, "".join(m.decode() + "\n" for m in numbered(N_MANY)))
    check(payloads(check_done(receiver)),
          [m.decode() for m in numbered(N_MANY)], "messages, in order")
    check_done(sender)


TESTS = [test_receives, test_sends, test_many_to_us, test_many_from_us,
         test_sizes_to_us, test_sizes_from_us, test_dialogue,
         test_burst_to_echo, test_collision, test_silence, test_refuses_size,
         test_refused_size, test_limit, test_full, test_cut, test_slowly,
         test_several_clients, test_names_and_ipv6, test_two_heins]


if __name__ == "__main__":
    sys.exit(peer_tools.run("tinyproto", TESTS))
