#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against independent peers of the wire `soc`.  H… are the
requirements that a test stands for."""

import subprocess
import sys

import peer_tools
from peer_tools import check, end_input, finish, payloads, run_beside, start
from soc_peer import Receiver, Transmitter, frame


def receive_from(transmitter, count, *options, dialect=""):
    return start("receive", "--dial",
                 f"tcp+soc://127.0.0.1:{transmitter.port}{dialect}",
                 "--name", "kirk", "--count", str(count), *options)


def listen(*options):
    return peer_tools.listen("send", "tcp+soc://127.0.0.1:0", *options, "-",
                             stdin=subprocess.PIPE)


def test_receives():
    """H1, H8, H14: raw, with a tag, and with the bytes that are escaped."""
    transmitter = Transmitter()
    process = receive_from(transmitter, 3)
    check(transmitter.accept(), b"kirk", "the name")
    for data in (frame(b"raw", b"hello!"), frame(b"raw", b"hi", tag=b"chat"),
                 frame(b"jsn", b'"u:hello!"', unpack=b"1")):
        check(transmitter.tell(data), [b"kirk"], "who acknowledged")
    code, output, trouble = finish(process)
    transmitter.close()
    check(code, 0, f"exit status ({trouble})")
    check([line.split("\t")[1:] for line in output.splitlines()],
          [["", "hello!"], ["chat", "hi"], ["", '"hello!"']],
          "topics and messages")


def test_merged():
    """H12: many frames in one write are one read and one acknowledgement."""
    transmitter = Transmitter()
    process = receive_from(transmitter, 100)
    transmitter.accept()
    data = b"".join(frame(b"raw", b"%d" % i) for i in range(100))
    check(transmitter.tell(data), [b"kirk"], "who acknowledged")
    code, output, _ = finish(process)
    transmitter.close()
    check(code, 0, "exit status")
    check(payloads(output),
          [str(i) for i in range(100)], "the messages, in order")


def test_slow():
    """A byte at a time, as a slow network brings it."""
    transmitter = Transmitter()
    process = receive_from(transmitter, 2)
    transmitter.accept()
    acks = run_beside(transmitter.tell_slowly,
                      frame(b"raw", b"a\xac\x96b") + frame(b"raw", b"end"))
    code, output, _ = finish(process)
    check(code, 0, "exit status")
    check(set(acks()), {6}, "what came back")
    check(output.splitlines()[-1].endswith("end"), True, "the last message")
    transmitter.close()


def test_comes_back():
    """H2: after a loss, and after a frame that is none (H18)."""
    transmitter = Transmitter()
    process = receive_from(transmitter, 2)
    check(transmitter.accept(), b"kirk", "the name")
    transmitter.tell(frame(b"raw", b"one"))
    transmitter.receivers.pop(b"kirk").sendall(b"garbage" + frame(b"raw"))
    check(transmitter.accept(), b"kirk", "the name, again")
    transmitter.tell(frame(b"raw", b"two"))
    code, output, _ = finish(process)
    transmitter.close()
    check(code, 0, "exit status")
    check(payloads(output),
          ["one", "two"], "the messages")


def test_dialect_b():
    """H11, H17: no tag, and keys of its own."""
    transmitter = Transmitter()
    process = receive_from(transmitter, 2, dialect="?dialect=b")
    transmitter.accept()
    transmitter.tell(frame(b"raw", b"a:b", has_tag=False))
    transmitter.tell(frame(b"abc", b"x:1", has_tag=False))
    code, output, _ = finish(process)
    transmitter.close()
    check(code, 0, "exit status")
    check(payloads(output),
          ["a:b", "x:1"], "the messages")


def test_sends():
    """H1, H17: one transmitter, several named receivers."""
    process, port = listen("--wait-peers", "3", "--topic", "chat")
    receivers = [Receiver(port, name) for name in (b"kirk", b"spock", b"uhura")]
    end_input(process, "one\ntwo\n")
    expected = [b"__raw__chat:0:one", b"__raw__chat:0:two"]
    for receiver in receivers:
        check(receiver.read_until(2), expected, "the frames")
        while receiver.read():
            pass
        check(receiver.frames[-1], b"__die__:1:", "the last frame")
        receiver.close()
    check(finish(process)[0], 0, "exit status")


def test_much():
    """More than may be out without an acknowledgement, then the end."""
    process, port = listen("--wait-peers", "1")
    receiver = Receiver(port, b"kirk")
    lines = [f"{i:05} " + 100 * "x" for i in range(5000)]
    received = run_beside(receiver.read_until, len(lines))
    end_input(process, "\n".join(lines) + "\n")
    check(received(), [b"__raw__:0:" + line.encode() for line in lines],
          "the frames")
    while receiver.read():  # who leaves with unread bytes resets, and may lose
        pass                # its last acknowledgements with that
    receiver.close()
    code, _, trouble = finish(process)
    check(code, 0, f"exit status ({trouble})")


def test_name_taken():
    """H4: refused while the holder answers a ping."""
    process, port = listen("--wait-peers", "1")
    first = Receiver(port, b"kirk")
    refused = run_beside(lambda: Receiver(port, b"kirk").is_refused)
    first.read()
    check(first.frames, [b"__png__:1:"], "what the holder was asked")
    check(refused(), True, "whether the second was refused")
    end_input(process, "still here\n")
    check(first.read_until(1), [b"__raw__:0:still here"], "the message")
    first.close()
    process.kill()
    finish(process)


def test_no_acknowledgement():
    """H6: who does not acknowledge is dropped, with a reason; others stay."""
    process, port = listen("--wait-peers", "2", "--timeout", "10")
    deaf, good = Receiver(port, b"deaf"), Receiver(port, b"good")
    deaf.acks = False
    process.stdin.write("one\n")
    process.stdin.flush()
    check(good.read_until(1), [b"__raw__:0:one"], "what the good one got")
    while deaf.read():
        pass
    check(deaf.messages, [b"__raw__:0:one"], "what the deaf one got")
    end_input(process)
    good.close()
    process.kill()
    _, _, trouble = finish(process)
    check("no acknowledgement" in trouble, True, f"the reason ({trouble})")


TESTS = [test_receives, test_merged, test_slow, test_comes_back,
         test_dialect_b, test_sends, test_much, test_name_taken,
         test_no_acknowledgement]


if __name__ == "__main__":
    sys.exit(peer_tools.run("soc", TESTS))
