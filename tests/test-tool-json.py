#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages as JSON with their times: `hein receive --timestamp`, and `hein send
--from-json`, which sends them again as they were."""

import datetime
import json
import re
import sys
import time

import tap
from tool_test import ANY, Running, has, run, same

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def pass_on(n, lines, *args, receive=("--format", "json", "--timestamp")):
    """What a receiver prints of lines that are sent --from-json."""
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
                    for line in lines)
    with Running("receive", "--listen", ANY, "--count", str(n), *receive) as receiver:
        same(run("send", "--name", "anna", "--dial", receiver.uri(), "--from-json", *args, "-",
                 data=data), (0, b"", ""))
        status, out, errors = receiver.end()
        same((status, errors), (0, ""))
        return out


def parse(out):
    return [json.loads(line) for line in out.splitlines()]


def test_same_again():
    """All that a message has, but for who sent it, and when."""
    sent = [
        {"topic": "n", "payload": "1"},
        {"topic": "", "payload": ""},
        {"topic": "ü/\u202e\"\\", "payload": "a\tb\n\u0001\U0001f600"},
        {"topic": "bytes", "payload-base64": "/wD+"},
        {"topic": "typed", "content-type": "application/json", "payload": "{}"},
        {"topic": "a", "attributes": {"id": "7", "schema": "lamp/1"}, "payload": "x"},
        {"topic": "parts", "payload": "0", "more-parts": [
            {"payload": "1"}, {"payload-base64": "/w=="}, {"payload": ""}]},
    ]
    first = parse(pass_on(len(sent), sent))
    second = parse(pass_on(len(sent), first))
    for found in first, second:
        assert all(re.fullmatch(TIME, message.pop("time")) for message in found)
        assert all(message.pop("sender") == "anna" for message in found)
        assert all(message.pop("security") == "none" for message in found)
        same(found, sent)


def test_expiry():
    (found,) = parse(pass_on(1, [{"payload": "x", "expires-ms": 3600000}]))
    assert 0 < found["expires-ms"] <= 3600000, found


def test_priority():
    (found,) = parse(pass_on(1, [{"payload": "x", "priority": "high"}]))
    same(found["priority"], "high")
    (found,) = parse(pass_on(1, [{"payload": "x", "priority": "normal"}]))
    assert "priority" not in found, found


def test_options_fill_in():
    found = parse(pass_on(2, [{"payload": "x"}, {"topic": "own", "payload": "y"}],
                          "--topic", "given", "--type", "text/plain"))
    same([(message["topic"], message["content-type"]) for message in found],
         [("given", "text/plain"), ("own", "text/plain")])


def test_texts():
    """Also what is an argument, and more than once."""
    with Running("receive", "--listen", ANY, "--count", "4") as receiver:
        same(run("send", "--name", "anna", "--dial", receiver.uri(), "--from-json",
                 "--repeat", "2", '{"topic":"a","payload":"1"}', '{"payload":"2"}'),
             (0, b"", ""))
        same(receiver.end()[1], b"anna\ta\t1\nanna\t\t2\n" * 2)


def test_times():
    """In UTC, in each format that has a place for it, and not going back."""
    before = datetime.datetime.now(datetime.timezone.utc)
    lines = [{"topic": "n", "payload": str(i)} for i in range(3)]
    found = parse(pass_on(3, lines))
    times = [datetime.datetime.fromisoformat(message["time"].replace("Z", "+00:00"))
             for message in found]
    after = datetime.datetime.now(datetime.timezone.utc)
    same(sorted(times), times)
    second = datetime.timedelta(seconds=1)  # both clocks are read one after the other
    assert before - second < times[0] and times[-1] < after + second, (before, times)
    for name, payload in (("text", "0"), ("hex", "30")):
        out = pass_on(1, lines[:1], receive=("--format", name, "--timestamp")).decode()
        assert re.fullmatch(rf"{TIME}\tanna\tn\t{payload}\n", out), out


def test_distances():
    """A message is sent no earlier than it was after the first one; what has no time,
    or an earlier one, at once."""
    begin = time.monotonic()
    found = parse(pass_on(4, [
        {"time": "2026-11-29T13:16:11.900000Z", "payload": "a"},
        {"time": "2026-11-29T13:16:10.000000Z", "payload": "b"},
        {"payload": "c"},
        {"time": "2026-11-29T14:16:12.300000+01:00", "payload": "d"}], "--timestamp"))
    assert time.monotonic() - begin >= 0.4
    same("".join(message["payload"] for message in found), "abcd")


def test_no_messages():
    cases = {
        b"x": "JSON",
        b"{": "JSON",
        b"\xff": "it is not UTF-8",
        b"[]": 'neither "payload" nor "payload-base64"',
        b"7": 'neither "payload" nor "payload-base64"',
        b"{}": 'neither "payload" nor "payload-base64"',
        b'{"payload":7}': "a payload is a text",
        b'{"payload-base64":"a"}': "is not base64",
        b'{"payload-base64":"YQ== "}': "is not base64",
        b'{"topic":7,"payload":""}': '"topic" is no text',
        b'{"topic":"a\\u0000b","payload":""}': '"topic" has a NUL in it',
        b'{"topic":"' + b"x" * 256 + b'","payload":""}': '"topic" is over 255 bytes',
        b'{"topic":"\\ud800","payload":""}': "JSON",
        b'{"content-type":"' + b"x" * 256 + b'","payload":""}': "is over 255 bytes",
        b'{"payload":"","more-parts":{}}': '"more-parts" is no array',
        b'{"payload":"","more-parts":[1]}': "a part is an object",
        b'{"payload":"","more-parts":[[{"payload":"x"}]]}': "a part is an object",
        b'{"payload":"","more-parts":[{}]}': 'neither "payload"',
        b'{"payload":"","attributes":[]}': '"attributes" is no object',
        b'{"payload":"","attributes":{"a":1}}': "an attribute is a text",
        b'{"payload":"","attributes":{"a":{"b":"c"}}}': "an attribute is a text",
        b'{"payload":"","attributes":{"a":"\\u0000"}}': "has a NUL in it",
        b'{"payload":"","expires-ms":-1}': '"expires-ms" is a number',
        b'{"payload":"","expires-ms":99999999999}': '"expires-ms" is a number',
        b'{"payload":"","priority":"low"}': '"priority" is "high" or',
        b'{"payload":"","time":"yesterday"}': '"time" is no time',
        b'{"payload":"","time":7}': '"time" is no text',
    }
    for line, error in cases.items():
        with Running("receive", "--listen", ANY, "--format", "json") as receiver:
            status, out, errors = run(
                "send", "--dial", receiver.uri(), "--from-json", "-",
                data=b'{"payload":"before"}\n' + line + b"\n")
            same((line, status, out), (line, 1, b""))
            has(errors, "hein: line 2: ", error)
            receiver.interrupt()
            same([message["payload"] for message in parse(receiver.end()[1])], ["before"])


def test_usage():
    there = ["--dial", "tcp://127.0.0.1:1"]
    for args, error in (
            (["send", "--from-json", "--file", "x", *there], "and no --file"),
            (["send", "--timestamp", *there, "-"], "--timestamp needs --from-json"),
            (["send", "--timestamp", "--from-json", "--interval", "1", *there, "-"],
             "nor with --interval"),
            (["send", "--timestamp", "--from-json", "--repeat", "2", *there, "{}"],
             "with --repeat"),
            (["receive", "--timestamp", "--format", "raw", *there],
             "--timestamp does not go with --format raw")):
        status, out, errors = run(*args)
        same((status, out), (2, b""))
        has(errors, error)


sys.exit(tap.run_functions(globals()))
