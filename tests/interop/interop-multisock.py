#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line against independent peers of multisock groups.  M… are the
requirements that a test stands for."""

import base64
import json
import subprocess
import sys

import peer_tools
from multisock_peer import Channel, Crypter, free_place
from peer_tools import check, finish, payloads, start

KEY, IV = "pwd", "passphrase"
SECRET = f"&key={KEY}&iv={IV}"
# what the library makes of the text
HELLO = b"JcQn6MVGjG/+PJzciQ3ozw==\n"
HELLO_OBJECT = b"gASVCgAAAAAAAACMBmhlbGxvIZQu"
HELLO_SECRET_OBJECT = b"KrK77XToVRxqwm7Ek0nJZUKFC6g2ZIot9BmtvtkZG3c=\n"
BINARY = bytes(range(256))
ODD_TEXT = "äöü €uro 𝄞 \x7f \\ \" end"
VALUES = [None, True, -1, 1 << 70, 1.5, "text", "ä€𝄞", [], [1, ["two", None]],
          {"a": {"b": [1.25, False]}, "ä": ""}, {}, "long " * 500]


def uri(place, options):
    group, port = place
    return (f"udp-multicast://{group}:{port}?format=multisock&interface=lo"
            f"&ttl=0{options}")


def receive(place, count, options="", *args):
    """`hein receive`, when it has joined."""
    process = start("receive", "--listen", uri(place, options), "--verbose",
                    "--count", str(count), *args)
    for line in process.stderr:
        if "listening" in line:
            return process
    raise AssertionError("hein receive does not say that it listens")


def send(place, options, *args, lines=None):
    """`hein send`, to its end; the lines are its input."""
    process = start("send", "--dial", uri(place, options), *args,
                    stdin=subprocess.PIPE)
    code, _, trouble = finish(process, lines and "\n".join(lines) + "\n")
    check(code, 0, f"exit status of hein send ({trouble})")


def output_of(process):
    code, output, trouble = finish(process)
    check(code, 0, f"exit status of hein receive ({trouble})")
    return output


def rows_of(process):
    return [json.loads(line) for line in output_of(process).splitlines()]


def bytes_of(row):
    if "payload-base64" in row:
        return base64.b64decode(row["payload-base64"])
    return row["payload"].encode()


def secret_channel(place):
    return Channel(place, Crypter(KEY, IV))


def test_cipher():
    """The peer's own: FIPS 197, C.3, and the library's datagram (M7)."""
    import multisock_peer as peer
    keys = peer.round_keys(bytes(range(32)))
    block = bytes(range(0, 256, 17))
    secret = peer.encrypt_block(keys, block)
    check(secret.hex(), "8ea2b7ca516745bfeafc49904b496089", "the block")
    check(peer.decrypt_block(keys, secret), block, "the block, and back")
    check(Crypter(KEY, IV).encrypt("hello!"), HELLO, "the datagram")
    check(Crypter(KEY, IV).decrypt(HELLO), "hello!", "the text")


def test_plain_from_peer():
    """M1, M3: whatever the datagram, and where it came from."""
    place = free_place()
    channel = Channel(place)
    readers = [receive(place, 4, "", "--format", "json") for _ in range(3)]
    for data in (b"hello!", b"", BINARY, 65507 * b"x"):
        channel.send(data)
    for reader in readers:
        rows = rows_of(reader)
        check([bytes_of(row) for row in rows],
              [b"hello!", b"", BINARY, 65507 * b"x"], "the payloads")
        check({row["sender"].rsplit(":")[-1] for row in rows},
              {str(place[1])}, "the ports that senders have")
    channel.close()


def test_plain_to_peer():
    """M1, M3: the source port is that of the group, as the library has it."""
    place = free_place()
    channels = [Channel(place) for _ in range(3)]
    send(place, "", "hello!", "two\nlines", ODD_TEXT)
    for channel in channels:
        got = [channel.receive_raw() for _ in range(3)]
        check([data for data, _ in got],
              [b"hello!", b"two\nlines", ODD_TEXT.encode()], "the datagrams")
        check({address[1] for _, address in got}, {place[1]}, "the ports")
        channel.close()


def test_secret_text():
    """M7: both ways, bit for bit."""
    place = free_place()
    channel = secret_channel(place)
    send(place, SECRET, "hello!")
    check(channel.receive_raw()[0], HELLO, "the datagram")
    process = receive(place, 1, SECRET)
    channel.send_raw(HELLO)
    check(payloads(output_of(process)), ["hello!"], "the payload")
    channel.close()


def test_secret_sizes():
    """M7: around each block, and beyond 76 characters of base64."""
    place = free_place()
    channel = secret_channel(place)
    texts = [size * "x" for size in (1, 15, 16, 17, 41, 42, 57, 64, 200, 1400)]
    texts.append(ODD_TEXT * 20)
    send(place, SECRET, *texts)
    for text in texts:
        datagram, _ = channel.receive_raw()
        check(max(map(len, datagram.splitlines())) <= 76, True, "short lines")
        check(channel.crypter.decrypt(datagram), text, "the text")
    process = receive(place, len(texts) * 2, SECRET, "--format", "json")
    for text in texts:
        channel.send(text)
        channel.send(text.encode())
    check([bytes_of(row).decode() for row in rows_of(process)],
          [text for text in texts for _ in range(2)], "the payloads")
    channel.close()


def test_secret_bytearrays():
    """M7: behind 16 letters, which are not for the reader."""
    place = free_place()
    channel = secret_channel(place)
    data = [BINARY, b"\xff", b"\xfe" * 15, b"\x80" * 16, b"\xc0" * 1000]
    process = receive(place, len(data), SECRET, "--format", "json")
    for one in data:
        channel.send(bytearray(one))
    check([bytes_of(row) for row in rows_of(process)], data, "the payloads")
    channel.close()


def test_wrong_key():
    """M8: what cannot be read is no message, and the next one is."""
    place = free_place()
    channel = secret_channel(place)
    stranger = Channel(place, Crypter("other", IV))
    process = receive(place, 1, SECRET)
    # one that makes text of a wrong key by chance is not among these
    for data in (b"", b"\n", b"A", b"AAAA", b"no base64 \xff", 65507 * b"A"):
        stranger.send_raw(data)
    stranger.send("forged")
    stranger.send(20 * "forged")
    channel.send("hello!")
    check(payloads(output_of(process)), ["hello!"], "the payloads")
    channel.close()
    stranger.close()


def test_objects_from_peer():
    """M12: pickles are JSON here."""
    for options, crypter in (("", None), (SECRET, Crypter(KEY, IV))):
        place = free_place()
        channel = Channel(place, crypter)
        process = receive(place, len(VALUES) + 1, options + "&objects=yes",
                          "--format", "json")
        channel.send_raw(HELLO_SECRET_OBJECT if crypter else HELLO_OBJECT)
        for value in VALUES:
            channel.send_object(value)
        rows = rows_of(process)
        check([json.loads(row["payload"]) for row in rows],
              ["hello!"] + VALUES, "the values")
        check({row["content-type"] for row in rows}, {"application/json"},
              "the types")
        channel.close()


def test_objects_to_peer():
    """M12: JSON is a pickle there, the same that Python would write."""
    for options, crypter in (("", None), (SECRET, Crypter(KEY, IV))):
        place = free_place()
        channel = Channel(place, crypter)
        send(place, options + "&objects=yes", "--type", "application/json",
             "-", lines=map(json.dumps, ["hello!", *VALUES]))
        check(channel.receive_raw()[0],
              HELLO_SECRET_OBJECT if crypter else HELLO_OBJECT, "the datagram")
        check([channel.receive_object() for _ in VALUES], VALUES, "the values")
        channel.close()


class Runs:
    """Does something when it is read."""

    def __reduce__(self):
        return exec, ("raise SystemExit('a pickle was executed')",)


def test_hostile_object():
    """M12: what Python would execute is text here, and nothing happens."""
    place = free_place()
    channel = Channel(place)
    process = receive(place, 2, "&objects=yes", "--format", "json")
    channel.send_object(Runs())
    channel.send_object("hello!")
    first, second = rows_of(process)
    check(first.get("content-type"), None, "the type of what is no object")
    check(json.loads(second["payload"]), "hello!", "the value")
    channel.close()


TESTS = [test_cipher, test_plain_from_peer, test_plain_to_peer,
         test_secret_text, test_secret_sizes, test_secret_bytearrays,
         test_wrong_key, test_objects_from_peer, test_objects_to_peer,
         test_hostile_object]


if __name__ == "__main__":
    try:
        Channel(free_place()).close()
    except OSError as trouble:
        print(f"1..0 # SKIP there is no multicast on lo: {trouble}")
        sys.exit(0)
    sys.exit(peer_tools.run("multisock", TESTS))
