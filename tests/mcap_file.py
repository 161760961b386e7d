# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads recordings, by the format's description and without a line of hein's own
reader: so that both agree, or one of them is wrong.
"""

import struct
import zlib

MAGIC = b"\x89MCAP0\r\n"
CHANNEL, MESSAGE, CHUNK, CHUNK_INDEX = 0x04, 0x05, 0x06, 0x08
STATISTICS, DATA_END, FOOTER = 0x0B, 0x0F, 0x02


class Cursor:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def number(self, form):
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def bytes(self, size):
        self.at += size
        assert self.at <= len(self.data)
        return self.data[self.at - size:self.at]

    def text(self):
        return self.bytes(self.number("I")).decode()

    def map(self):
        inner = Cursor(self.bytes(self.number("I")))
        pairs = {}
        while inner.at < len(inner.data):
            name = inner.text()
            pairs[name] = inner.text()
        return pairs


def records(data):
    """Opcode, content and place of each record."""
    at = 0
    while at < len(data):
        opcode, size = struct.unpack_from("<BQ", data, at)
        content = data[at + 9:at + 9 + size]
        assert len(content) == size, "a record is cut short"
        yield opcode, content, at
        at += 9 + size


def open_chunk(content):
    """Times, and the records in it."""
    cursor = Cursor(content)
    times = cursor.number("Q"), cursor.number("Q")
    size, checksum = cursor.number("Q"), cursor.number("I")
    assert cursor.text() == "", "this reader does not expand"
    inner = cursor.bytes(cursor.number("Q"))
    assert len(inner) == size
    assert zlib.crc32(inner) == checksum
    return times, inner


def read(path):
    """The messages of a whole file: (topic, encoding, metadata, time, payload)."""
    data = path.read_bytes()
    assert data.startswith(MAGIC) and data.endswith(MAGIC)
    channels, messages, chunks, indexed = {}, [], [], []
    ended = False
    for opcode, content, at in records(data[len(MAGIC):-len(MAGIC)]):
        cursor = Cursor(content)
        if opcode == CHUNK and not ended:
            chunks.append(at + len(MAGIC))
            times, inner = open_chunk(content)
            start = len(messages)
            for kind, record, _ in records(inner):
                cursor = Cursor(record)
                if kind == CHANNEL:
                    number = cursor.number("H")
                    assert cursor.number("H") == 0
                    channels[number] = cursor.text(), cursor.text(), cursor.map()
                elif kind == MESSAGE:
                    number, _ = cursor.number("H"), cursor.number("I")
                    time, _ = cursor.number("Q"), cursor.number("Q")
                    messages.append((*channels[number], time, record[cursor.at:]))
            assert times == (messages[start][3], messages[-1][3])
        elif opcode == DATA_END:
            ended = True
        elif opcode == CHUNK_INDEX:
            cursor.number("Q"), cursor.number("Q")
            indexed.append(cursor.number("Q"))
        elif opcode == STATISTICS:
            assert cursor.number("Q") == len(messages)
    assert ended and opcode == FOOTER
    assert indexed == chunks
    return messages
