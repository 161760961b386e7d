#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against independent peers of the wire `socketengine`.  S…
are the requirements that a test stands for."""

import base64
import json
import subprocess
import sys

import peer_tools
from peer_tools import check, end_input, finish, payloads, run_beside, start
from socketengine_peer import (Link, Listener, dial_as_client, dial_as_hub,
                               line)

NAME_LINE = b'{"type": "__name_conn", "data": "kirk"}\n'
HELLO_LINE = b'{"type": "test", "data": "hello!"}\n'
CLOSING_LINE = b'{"type": "__status", "data": "__closing"}\n'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAC0lEQVR4AWNgAAMAAAcAAYbTr"
    "60AAAAASUVORK5CYII=")
ODD_TEXT = "äöü €uro 𝄞 \u2028 \x7f \\ \" end"


def uri(port, options=""):
    return f"tcp+socketengine://127.0.0.1:{port}{options}"


def send_to(listener, *args, options=""):
    return start("send", "--dial", uri(listener.port, options), "--name",
                 "kirk", *args)


def receive_from(listener, count, *args, options=""):
    return start("receive", "--dial", uri(listener.port, options), "--name",
                 "kirk", "--count", str(count), *args)


def listen_and_receive(count, *args, options=""):
    return peer_tools.listen("receive", uri(0, options), "--count", str(count),
                             *args)


def listen_and_send(*args, options=""):
    return peer_tools.listen("send", uri(0, options), *args, "-",
                             stdin=subprocess.PIPE)


def rows(output):
    """What --format json printed."""
    return [json.loads(text) for text in output.splitlines()]


def value_of(row):
    return row["topic"], row["payload"], row.get("content-type")


def check_done(process, what="exit status"):
    code, output, trouble = finish(process)
    check(code, 0, f"{what} ({trouble})")
    return output


def test_dials_hub():
    """S1, S5, S8: its name, the messages and the goodbye, byte for byte."""
    hub = Listener()
    process = send_to(hub, "--topic", "test", "hello!")
    link = hub.accept()
    check(link.read_name(), "kirk", "the name")
    check(link.read_all(), [("test", "hello!")], "the values")
    check(link.raw, NAME_LINE + HELLO_LINE + CLOSING_LINE, "the bytes")
    link.close()
    check_done(process)
    hub.close()


def test_hub_dials():
    """S1, S5: a hub that dials and says its name, to which hein answers."""
    process, port = listen_and_receive(2)
    link = dial_as_hub(port, "Uhura ä")
    link.write("test", "hello!")
    link.write("other", "bye")
    link.leave()
    output = check_done(process)
    check(link.raw, CLOSING_LINE, "what hein said")
    check([text.split("\t") for text in output.splitlines()],
          [["Uhura ä", "test", "hello!"], ["Uhura ä", "other", "bye"]],
          "the messages")


def test_sends_to_hub_that_dials():
    """S1: the other way on such a connection."""
    process, port = listen_and_send("--wait-peers", "1", "--topic", "test")
    link = dial_as_hub(port, "uhura")
    end_input(process, "one\ntwo\n")
    check(link.read_all(), [("test", "one"), ("test", "two")], "the values")
    link.close()
    check_done(process)


def test_hub_answers():
    """S1: values of a hub that was dialled."""
    hub = Listener()
    process = receive_from(hub, 1)
    link = hub.accept()
    check(link.read_name(), "kirk", "the name")
    link.write("test", "hello!")
    link.leave()
    output = check_done(process)
    check(output.split("\t")[1:], ["test", "hello!\n"], "the message")
    hub.close()


def test_host():
    """S1, S10: a host, which says any JSON and never learns of names."""
    host = Listener(Link)
    process = receive_from(host, 5, "--format", "json")
    link = host.accept()
    for value in ("text", 12345678901234567890, [1, {"a": None}], True, "ä"):
        link.write("v", value)
    link.leave()
    got = [value_of(row) for row in rows(check_done(process))]
    check(got, [("v", "text", None),
                ("v", "12345678901234567890", "application/json"),
                ("v", '[1, {"a": null}]', "application/json"),
                ("v", "true", "application/json"), ("v", "ä", None)],
          "the messages")
    check(link.values, [("__name_conn", "kirk"), ("__status", "__closing")],
          "what a host keeps of it")
    host.close()


def test_client_talks():
    """S1: who says no name gets one."""
    process, port = listen_and_receive(1)
    link = dial_as_client(port)
    link.write("test", "hello!")
    link.leave()
    sender, topic, text = check_done(process).rstrip("\n").split("\t")
    check((topic, text), ("test", "hello!"), "the message")
    check(sender != "", True, "that the sender has a name")


def test_client_listens():
    """S1: a client that never says anything gets what is sent."""
    process, port = listen_and_send("--wait-peers", "1", "--topic", "test")
    link = dial_as_client(port)
    end_input(process, "hello!\n")
    link.read_until(1)
    check(link.latest["test"], "hello!", "the value")
    link.close()
    check_done(process)


def test_two_of_one_name():
    """S4, S5: both are there, and both get what is for that name."""
    process, port = listen_and_send("--wait-peers", "2", "--to", "uhura",
                                    "--topic", "test")
    links = [dial_as_hub(port, "uhura") for _ in range(2)]
    end_input(process, "hello!\n")
    for link in links:
        check(link.read_all(), [("test", "hello!")], "the values")
        link.close()
    check_done(process)


def test_old_reader():
    """Who reads 256 bytes at a time and decodes them by themselves: whatever
    the message, the bytes are ASCII (S11: more of them than one read)."""
    texts = [ODD_TEXT * 100 + str(i) for i in range(20)]
    process, port = listen_and_send("--wait-peers", "1", "--topic", "käse")
    link = dial_as_client(port)
    end_input(process, "\n".join(texts) + "\n")
    values = [value for value in link.read_all() if value[0] == "käse"]
    check(values, [("käse", text) for text in texts], "the values")
    check(link.raw.isascii(), True, "that all bytes are ASCII")
    link.close()
    check_done(process)


def test_newlines():
    """S9: kept both ways."""
    hub = Listener()
    process = send_to(hub, "--topic", "t", "two\nlines\n")
    link = hub.accept()
    check(link.read_all(), [("t", "two\nlines\n")], "what the hub got")
    link.close()
    check_done(process)
    hub.close()
    process, port = listen_and_receive(1, "--format", "raw")
    link = dial_as_hub(port, "uhura")
    link.write("t", "two\nlines\n")
    link.leave()
    check(check_done(process), "two\nlines\n", "what hein got")


def test_images():
    """S7: each is acknowledged, so the next one may come."""
    process, port = listen_and_receive(3, "--format", "json")
    link = dial_as_hub(port, "uhura")
    check(link.write_image(PNG), True, "an acknowledgement")
    check(link.write_image(PNG + b"more"), True, "another one")
    link.write("t", "end")
    link.leave()
    got = rows(check_done(process))
    check([(row["topic"], row["content-type"],
            base64.b64decode(row["payload-base64"])) for row in got[:2]],
          [("image", "image/png", PNG), ("image", "image/png", PNG + b"more")],
          "the images")
    check(value_of(got[2]), ("t", "end", None), "the message behind them")


def test_old_images():
    """S7: by their older names."""
    process, port = listen_and_receive(1, "--format", "json",
                                       options="?dialect=j-old")
    link = dial_as_hub(port, "uhura", image="image", ack="ACK")
    check(link.write_image(PNG), True, "an acknowledgement")
    link.leave()
    (row,) = rows(check_done(process))
    check(base64.b64decode(row["payload-base64"]), PNG, "the image")


def test_bad_image():
    """S7, S13: it is acknowledged, and lost."""
    process, port = listen_and_receive(1)
    link = dial_as_hub(port, "uhura")
    link.write("__image", "no base64")
    while link.n_acked < 1:
        check(link.read(), True, "that the connection is there")
    link.write("t", "end")
    link.leave()
    check(payloads(check_done(process)), ["end"], "the message")


def test_hub_closes():
    """S8: its goodbye ends the connection, and who dialled comes back."""
    hub = Listener()
    process = receive_from(hub, 2)
    link = hub.accept()
    link.write("t", "one")
    link.write("__status", "__closing")
    check(link.read_all(), [], "what comes behind it")
    link.close()
    link = hub.accept()
    check(link.read_name(), "kirk", "the name, again")
    link.write("t", "two")
    link.leave()
    check(payloads(check_done(process)), ["one", "two"], "the messages")
    hub.close()


def test_end_without_goodbye():
    """S13: an end is noticed, and who dialled comes back."""
    host = Listener(Link)
    process = receive_from(host, 2)
    link = host.accept()
    link.write("t", "one")
    link.read_until(1)
    link.close()
    link = host.accept()
    link.write("t", "two")
    link.leave()
    check(payloads(check_done(process)), ["one", "two"], "the messages")
    host.close()


def test_much_from_hub():
    """S11: 1000 values of 2.5 KB at once."""
    process, port = listen_and_receive(1000)
    link = dial_as_hub(port, "uhura")
    link.write_raw(b"".join(line(f"test{i}", f"{i} " + 2500 * "x")
                            for i in range(1000)))
    run_beside(link.leave)
    got = [text.split("\t")[1:] for text in check_done(process).splitlines()]
    check(got, [[f"test{i}", f"{i} " + 2500 * "x"] for i in range(1000)],
          "the messages")


def test_much_to_hub():
    """S11: the other way."""
    process, port = listen_and_send("--wait-peers", "1", "--topic", "t")
    link = dial_as_hub(port, "uhura")
    texts = [f"{i} " + 2500 * "x" for i in range(1000)]
    received = run_beside(link.read_all)
    end_input(process, "\n".join(texts) + "\n")
    check(received(), [("t", text) for text in texts], "the values")
    link.close()
    check_done(process)


def test_slow():
    """A byte at a time, with characters in UTF-8 among them."""
    process, port = listen_and_receive(2)
    link = dial_as_client(port)
    link.write_slowly(line("__name_conn", "uhura")
                      + '{"type": "ä", "data": "€"}\n'.encode()
                      + line("t", "end"))
    link.leave()
    check([text.split("\t") for text in check_done(process).splitlines()],
          [["uhura", "ä", "€"], ["uhura", "t", "end"]], "the messages")


def test_garbage():
    """S13: what is no line is skipped, and the connection stays."""
    process, port = listen_and_receive(2)
    link = dial_as_hub(port, "uhura")
    link.write("t", "one")
    link.write_raw(b"garbage\n\n5\n{}\n[]\n\xff\xfe\n"
                   b'{"type": "t"}\n{"type": 5, "data": 5}\n'
                   b'{"type": "t", "data": "\\ud800"}\n'
                   + b'{"type": "t", "data": ' + 65 * b"[" + 65 * b"]" + b"}\n")
    link.write("t", "two")
    link.leave()
    check(payloads(check_done(process)), ["one", "two"], "the messages")
    check(link.raw, CLOSING_LINE, "what hein said")


TESTS = [test_dials_hub, test_hub_dials, test_sends_to_hub_that_dials,
         test_hub_answers, test_host, test_client_talks, test_client_listens,
         test_two_of_one_name, test_old_reader, test_newlines, test_images,
         test_old_images, test_bad_image, test_hub_closes,
         test_end_without_goodbye, test_much_from_hub, test_much_to_hub,
         test_slow, test_garbage]


if __name__ == "__main__":
    sys.exit(peer_tools.run("socketengine", TESTS))
