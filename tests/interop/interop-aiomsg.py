#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against independent peers of the wire `aiomsg`.  A… are the
requirements that a test stands for."""

import socket
import subprocess
import sys

import peer_tools
from aiomsg_peer import (SECONDS, Listener, Peer, dial, frame, hello,
                         identity_of, typed)
from peer_tools import check, end_input, finish, payloads, run_beside, start

DIALECTS = ("1", "m", "s")
RAW = bytes(range(0xa0, 0xb0))
SURE = "guarantee=at-least-once"


def names(dialect, name):
    """The identity that stands for a name."""
    return name.encode() if dialect == "s" else identity_of(name)


def uri(port, *options):
    address = f"tcp+aiomsg://127.0.0.1:{port}"
    return address + ("?" + "&".join(options) if options else "")


def connect(port):
    return socket.create_connection(("127.0.0.1", port), SECONDS)


def receive_by_dialling(port, count, *options):
    return start("receive", "--dial", uri(port, *options), "--name", "spock",
                 "--count", str(count))


def receive_by_listening(count, *options):
    return peer_tools.listen("receive", uri(0, *options), "--name", "spock",
                             "--count", str(count))


def send_by_listening(*arguments, options=()):
    return peer_tools.listen("send", uri(0, *options), "--name", "spock",
                             *arguments, "-", stdin=subprocess.PIPE)


def send_by_dialling(port, *arguments, options=()):
    return start("send", "--dial", uri(port, *options), "--name", "spock",
                 *arguments, stdin=subprocess.PIPE)


def check_received(process, expected, *peers):
    """What hein printed; the peers hang up when it does. Returns the names of
    the senders."""
    ends = [run_beside(peer.hang_up) for peer in peers]
    code, output, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")
    check(payloads(output), expected, "what hein printed")
    for end in ends:
        end()
    return [line.split("\t")[0] for line in output.splitlines()]


def test_receives_by_dialling():
    """A1, A5, A9: a hein that dials; heartbeats are hidden."""
    for dialect in DIALECTS:
        listener = Listener(names(dialect, "kirk"), dialect)
        process = receive_by_dialling(listener.port, 3, f"dialect={dialect}")
        peer = listener.accept()
        check(peer.other, names(dialect, "spock"), "the identity of hein")
        peer.send(b"hello!")
        peer.send_heartbeat()
        peer.send("Grüße".encode(), b"end")
        check(set(check_received(process, ["hello!", "Grüße", "end"],
                                 peer)), {"kirk"}, "the name of the peer")
        listener.close()


def test_receives_by_listening():
    """A1, A5, A9: a hein that listens to several, one with no name."""
    for dialect in DIALECTS:
        process, port = receive_by_listening(2, f"dialect={dialect}")
        kirk = dial(port, names(dialect, "kirk"), dialect)
        raw = dial(port, RAW, dialect)
        check(kirk.other, names(dialect, "spock"), "the identity of hein")
        for peer in (kirk, raw):
            peer.send_heartbeat()
            peer.send(b"hello!")
        check(sorted(check_received(process, ["hello!", "hello!"], kirk, raw)),
              ["kirk", "x-" + RAW.hex()], "the names of the peers")


def test_sends_by_listening():
    """A2, A9: publish, to each peer."""
    for dialect in DIALECTS:
        process, port = send_by_listening("--wait-peers", "3", "--topic", "t",
                                          options=[f"dialect={dialect}"])
        peers = [dial(port, names(dialect, name), dialect)
                 for name in ("kirk", "spock-2", "uhura")]
        end_input(process, "hello!\ntwo\n")
        for peer in peers:
            check(peer.read_to_end(), [b"hello!", b"two"], "the messages")
            peer.close()
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")


def test_sends_by_dialling():
    """A1, A3, A9: what waits for a peer goes when one is there."""
    for dialect in DIALECTS:
        listener = Listener(names(dialect, "kirk"), dialect)
        process = send_by_dialling(listener.port, "one", "two",
                                   options=[f"dialect={dialect}"])
        peer = listener.accept()
        check(peer.read_to_end(), [b"one", b"two"], "the messages")
        peer.close()
        listener.close()
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")


def test_round_robin():
    """A2: by turns, and by identity."""
    process, port = send_by_listening("--wait-peers", "2", "--strategy",
                                      "round-robin")
    peers = [dial(port, identity_of(name)) for name in ("kirk", "uhura")]
    end_input(process, "1\n2\n3\n4\n")
    got = [peer.read_to_end() for peer in peers]
    check(sorted(got), [[b"1", b"3"], [b"2", b"4"]], "what each got")
    for peer in peers:
        peer.close()
    check(finish(process)[0], 0, "exit status")


def test_by_identity():
    """A2: to one that is named, also by an identity that is no text."""
    for identity, name in ((identity_of("kirk"), "kirk"),
                           (RAW, "x-" + RAW.hex())):
        process, port = send_by_listening("--wait-peers", "2", "--to", name)
        peer, other = dial(port, identity), dial(port, identity_of("uhura"))
        end_input(process, "hello!\n")
        check(peer.read_to_end(), [b"hello!"], "what it got")
        check(other.read_to_end(), [], "what the other got")
        peer.close()
        other.close()
        check(finish(process)[0], 0, "exit status")


def test_long_name():
    """A6: a name of more than 16 bytes stays the same across connections."""
    for dialect in ("1", "m"):
        seen = set()
        for _ in range(2):
            listener = Listener(identity_of("kirk"), dialect)
            process = start("send", "--dial",
                            uri(listener.port, f"dialect={dialect}"), "--name",
                            "a name of more than 16 bytes", "x")
            peer = listener.accept()
            seen.add(peer.other)
            check(peer.read_to_end(), [b"x"], "the message")
            peer.close()
            listener.close()
            finish(process)
        check(len(seen), 1, "how many identities there were")
        check(len(seen.pop()), 16, "the size of the identity")


def test_no_name():
    """A6: the name that hein makes up is longer than an identity, too."""
    for dialect in DIALECTS:
        process, port = peer_tools.listen("receive",
                                          uri(0, f"dialect={dialect}"),
                                          "--count", "1")
        peer = dial(port, names(dialect, "kirk"), dialect)
        peer.send(b"hello!")
        check_received(process, ["hello!"], peer)


def test_much():
    """A8: 5000 each way, in few writes."""
    lines = [f"{i:05} " + 100 * "x" for i in range(5000)]
    process, port = receive_by_listening(len(lines))
    peer = dial(port, identity_of("kirk"))
    wait = run_beside(peer.send, *[line.encode() for line in lines])
    check_received(process, lines, peer)
    wait()
    process, port = send_by_listening("--wait-peers", "1")
    peer = dial(port, identity_of("kirk"))
    received = run_beside(peer.read_to_end)
    end_input(process, "\n".join(lines) + "\n")
    check(received(), [line.encode() for line in lines], "the messages")
    peer.close()
    check(finish(process)[0], 0, "exit status")


def test_slow():
    """A8: a byte at a time, as a slow network brings it."""
    process, port = receive_by_listening(2)
    peer = dial(port, identity_of("kirk"))
    peer.send_slowly(peer.message(b"hello!") + typed(0x7f, b"x")
                     + peer.message(b"end"))
    check_received(process, ["hello!", "end"], peer)


def test_large():
    """A15: in many reads; one over the limit ends the connection."""
    process, port = receive_by_listening(1)
    over = dial(port, identity_of("over"))
    over.send_raw(b"\x01\x00\x00\x22\x03")
    check(over.read_to_end(), [], "what was said of a frame over 16 MiB")
    over.close()
    hostile = dial(port, identity_of("hostile"))
    hostile.send_raw(b"\xff\xff\xff\xff\x03")
    check(hostile.read_to_end(), [], "what was said of a frame of 4 GiB")
    hostile.close()
    peer = dial(port, identity_of("kirk"))
    wait = run_beside(peer.send, 2 ** 24 * b"x")
    check_received(process, [2 ** 24 * "x"], peer)
    wait()


def test_comes_back():
    """A4: after a loss."""
    listener = Listener(identity_of("kirk"))
    process = receive_by_dialling(listener.port, 2)
    peer = listener.accept()
    peer.send(b"one")
    peer.close()
    peer = listener.accept()
    check(peer.other, identity_of("spock"), "the identity, again")
    peer.send(b"two")
    check_received(process, ["one", "two"], peer)
    listener.close()


def test_name_taken():
    """A5, A6: a heartbeat comes when nothing was sent for a while. Newcomers
    are refused and closed, each time, though the holder of the name has not
    said anything, and never answers a heartbeat."""
    process, port = send_by_listening("--wait-peers", "1")
    holder = dial(port, identity_of("kirk"))
    check(holder.read(), True, "whether something came")
    check((holder.heartbeats, holder.messages), (1, []), "what came")
    for _ in range(3):
        newcomer = dial(port, identity_of("kirk"))
        check(newcomer.read_to_end(), [], "what the newcomer got")
        newcomer.close()
    end_input(process, "still here\n")
    check(holder.read_to_end(), [b"still here"], "what the holder got")
    holder.close()
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_name_free_again():
    """A6: the same identity comes back."""
    process, port = receive_by_listening(3)
    for i in range(3):
        peer = dial(port, identity_of("kirk"))
        peer.send(b"%d" % i)
        peer.link.shutdown(socket.SHUT_WR)
        peer.read_to_end()
        peer.close()
    check(set(check_received(process, ["0", "1", "2"])), {"kirk"},
          "the names")


def test_acknowledges():
    """A7: each one, the same one again, and delivers it once."""
    for dialect in ("1", "m"):
        process, port = receive_by_listening(3, f"dialect={dialect}")
        peer = dial(port, names(dialect, "kirk"), dialect)
        first = peer.send_sure(b"one")
        peer.send_sure(b"one", first)
        second = peer.send_sure(b"two")
        check(peer.read_acks_until(3), [first, first, second], "the ids")
        peer.send(b"end")
        check_received(process, ["one", "two", "end"], peer)


def test_refuses():
    """A7: what the program does not take is not acknowledged, however often it
    comes."""
    for dialect in ("1", "m"):
        process, port = receive_by_listening(1, f"dialect={dialect}")
        peer = dial(port, names(dialect, "kirk"), dialect)
        first = peer.send_sure(b"one")
        second = peer.send_sure(b"two")
        peer.send_sure(b"two", second)
        check_received(process, ["one"], peer)
        check(peer.acked, [first], "the ids")


def test_at_least_once():
    """A7, A12: 5000, of which some are held back until others were
    acknowledged, and a close that waits for the last acknowledgement."""
    for dialect in ("1", "m"):
        process, port = send_by_listening(
            "--wait-peers", "1", "--strategy", "round-robin",
            options=[f"dialect={dialect}", SURE])
        peer = dial(port, names(dialect, "kirk"), dialect)
        lines = [f"{i:05}" for i in range(5000)]
        received = run_beside(peer.read_to_end)
        end_input(process, "\n".join(lines) + "\n")
        check(received(), [line.encode() for line in lines], "the messages")
        check(len(set(peer.ids)), 5000, "how many ids there were")
        peer.close()
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")


def test_delivers():
    """A7: the acknowledgement of the peer is the receipt."""
    for dialect in ("1", "m"):
        process, port = send_by_listening(
            "--deliver", "--json", "--strategy", "round-robin",
            options=[f"dialect={dialect}", SURE])
        peer = dial(port, names(dialect, "kirk"), dialect)
        end_input(process, "one\ntwo\n")
        check(peer.read_to_end(), [b"one", b"two"], "the messages")
        peer.close()
        code, out, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")
        check(out.count('"outcome":"acknowledged"'), 2, f"receipts ({out})")


def test_late_acknowledgements():
    """A7, A12: all that may be out at once is acknowledged in one write, when
    hein closes already; what waited behind goes out and is waited for."""
    process, port = send_by_listening(
        "--wait-peers", "1", "--strategy", "round-robin", options=[SURE])
    peer = dial(port, identity_of("kirk"))
    peer.acks = False
    end_input(process, "".join(f"{i}\n" for i in range(1500)))
    peer.read_until(1024)
    peer.send_raw(b"".join(typed(5, i) for i in peer.ids))
    peer.acks = True
    check(peer.read_to_end(), [b"%d" % i for i in range(1500)], "the messages")
    peer.close()
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_resends():
    """A7: the same bytes again, until it is acknowledged."""
    for dialect in ("1", "m"):
        process, port = send_by_listening(
            "--strategy", "round-robin",
            options=[f"dialect={dialect}", SURE, "resend-ms=50"])
        peer = dial(port, names(dialect, "kirk"), dialect)
        peer.acks = False
        end_input(process, "hello!\n")
        peer.read_until(2)
        peer.acks = True
        peer.read_until(3)
        peer.read_to_end()
        check(set(peer.messages), {b"hello!"}, "what came")
        check(len(set(peer.ids)), 1, "how many ids there were")
        peer.close()
        code, _, trouble = finish(process)
        check(code, 0, f"exit status ({trouble})")


def test_never_acknowledged():
    """A7: a bounded number of times; then it is told, and the rest arrives."""
    process, port = send_by_listening(
        "--strategy", "round-robin",
        options=[SURE, "resend-ms=20", "resends=2"])
    peer = dial(port, identity_of("kirk"))
    peer.acks = False
    end_input(process, "hello!\n")
    check(peer.read_to_end(), 3 * [b"hello!"], "what came")
    peer.close()
    code, _, trouble = finish(process)
    check(code, 1, "exit status")
    check("1 message did not reach a peer" in trouble, True,
          f"what was told ({trouble})")


def test_given_back():
    """A3, A7: what was not acknowledged waits for the peer, in order, and goes
    out ahead of what came later."""
    process, port = send_by_listening("--to", "kirk", options=[SURE])
    peer = dial(port, identity_of("kirk"))
    peer.acks = False
    process.stdin.write("one\ntwo\nthree\n")
    process.stdin.flush()
    check(peer.read_until(3), [b"one", b"two", b"three"], "what came first")
    peer.acknowledge(peer.ids[1])
    peer.link.shutdown(socket.SHUT_WR)
    peer.read_to_end()
    peer.close()
    peer = dial(port, identity_of("kirk"))
    end_input(process, "four\n")
    check(peer.read_to_end(), [b"one", b"three", b"four"], "what came again")
    peer.close()
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_not_with_publish():
    """A7: refused, instead of sent without the guarantee."""
    process, port = send_by_listening(options=[SURE])
    peer = dial(port, identity_of("kirk"))
    end_input(process, "hello!\n")
    check(peer.read_to_end(), [], "what came")
    peer.close()
    code, _, trouble = finish(process)
    check(code, 1, "exit status")
    check("1 message did not reach a peer" in trouble, True,
          f"what was told ({trouble})")


def test_lookalikes():
    """A16: safe in dialect 1, refused in the others."""
    process, port = receive_by_listening(2)
    peer = dial(port, identity_of("kirk"))
    peer.send(b"aiomsg-heartbeat", b"aiosmartsock-heartbeat")
    check_received(process, ["aiomsg-heartbeat", "aiosmartsock-heartbeat"],
                   peer)
    for dialect, text in (("m", "aiomsg-heartbeat"),
                          ("s", "aiosmartsock-heartbeat")):
        process, port = send_by_listening(options=[f"dialect={dialect}"])
        peer = dial(port, names(dialect, "kirk"), dialect)
        end_input(process, f"{text}\nend\n")
        check(peer.read_to_end(), [b"end"], "what came")
        check(peer.heartbeats, 0, "the heartbeats that came")
        peer.close()
        check(finish(process)[0], 1, "exit status")


def test_strangers():
    """A10, A14: closed, while those who speak aiomsg are served."""
    process, port = receive_by_listening(1)
    for first in (hello(RAW, version=2), hello(RAW + b"x"), frame(RAW),
                  typed(3, b"hello!"), frame(b""), b"\xff\x00",
                  b"{\"type\":\"x\"}\n",
                  b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"):
        stranger = Peer(connect(port), RAW)
        stranger.send_raw(first)
        is_reset = False
        try:
            while stranger.link.recv(4096):
                pass
        except ConnectionResetError:
            is_reset = True
        check(is_reset, True, f"whether {first} is met by a reset")
        stranger.close()
    peer = dial(port, identity_of("kirk"))
    peer.send_raw(typed(6, b"unknown") + typed(0) + hello(RAW))
    peer.send(b"hello!")
    check_received(process, ["hello!"], peer)


def test_empty_frame():
    """A10: it ends the connection in dialect 1, and a peer may come again."""
    process, port = receive_by_listening(2)
    peer = dial(port, identity_of("kirk"))
    peer.send_raw(typed(3) + frame(b""))
    check(peer.read_to_end(), [], "what came")
    peer.close()
    peer = dial(port, identity_of("kirk"))
    peer.send(b"hello!")
    check_received(process, ["", "hello!"], peer)


TESTS = [test_receives_by_dialling, test_receives_by_listening,
         test_sends_by_listening, test_sends_by_dialling, test_round_robin,
         test_by_identity, test_long_name, test_no_name, test_much, test_slow, test_large,
         test_comes_back, test_name_taken, test_name_free_again,
         test_acknowledges, test_refuses, test_at_least_once, test_delivers,
         test_late_acknowledgements, test_resends, test_never_acknowledged,
         test_given_back, test_not_with_publish, test_lookalikes,
         test_strangers, test_empty_frame]


if __name__ == "__main__":
    sys.exit(peer_tools.run("aiomsg", TESTS))
