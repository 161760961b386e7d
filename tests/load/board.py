# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process of the soak has counted, as load-board.h lays it out in a file."""

import mmap
import struct

REASONS = ("overflow", "replaced", "no-peer", "strategy", "closed", "unhandled",
           "unsendable", "invalid", "lost", "unknown", "forbidden", "expired")
N_ERRORS = 32
N_BUCKETS = 480
N_ROWS = 1024
COUNTERS = ("rows", "connections", "added", "removed", "damaged", "stale", "rounds", "asked", "answered",
            "served", "open", "heap")
HEAD = struct.Struct(f"=40s{len(COUNTERS)}Q{len(REASONS)}Q{N_ERRORS}Q{N_BUCKETS}Q")
ROW = struct.Struct(f"=40s5Q{len(REASONS)}Q")
N_CONNECTIONS = 16384
CONNECTION = struct.Struct("=40s9Q")
CONNECTIONS_AT = HEAD.size + N_ROWS * ROW.size
SIZE = CONNECTIONS_AT + N_CONNECTIONS * CONNECTION.size
# of what is dropped for these, nobody knows whether it was heard
DOUBTFUL = ("unknown", "invalid")


def text(field):
    return field.split(b"\0")[0].decode()


class Row:
    """One line of accounts."""

    def __init__(self, fields):
        self.name = text(fields[0])
        self.accepted, self.heard, self.first, self.last, self.out_of_order = fields[1:6]
        self.dropped = dict(zip(REASONS, fields[6:]))

    def count_gaps(self):
        """How many are missing among those that were heard."""
        return self.last - self.first + 1 - self.heard if self.heard else 0

    def count_known(self):
        return sum(n for reason, n in self.dropped.items() if reason not in DOUBTFUL)

    def count_doubtful(self):
        return sum(self.dropped[reason] for reason in DOUBTFUL)


class Connection:
    """What was for a peer of a publisher, or came over a connection from one."""

    def __init__(self, fields):
        self.name = text(fields[0])
        (self.first, self.last, self.messages, self.noted, self.sent, self.doubtful,
         self.closed, self.known, self.has_ended) = fields[1:]


class Board:
    """A file that its process still writes to, or has left."""

    def __init__(self, path):
        with path.open("rb") as file:
            self.memory = mmap.mmap(file.fileno(), SIZE, prot=mmap.PROT_READ)
        self.read()

    def read(self):
        fields = iter(HEAD.unpack_from(self.memory))
        self.name = text(next(fields))
        self.count = {name: next(fields) for name in COUNTERS}
        self.dropped = {reason: next(fields) for reason in REASONS}
        self.errors = [next(fields) for _ in range(N_ERRORS)]
        self.latencies = list(fields)
        self.rows = {}
        for index in range(self.count["rows"]):
            row = Row(ROW.unpack_from(self.memory, HEAD.size + index * ROW.size))
            self.rows[row.name] = row

    def connections(self, name):
        """Those of the row, in the order in which they came to be."""
        fields = (CONNECTION.unpack_from(self.memory, CONNECTIONS_AT + i * CONNECTION.size)
                  for i in range(self.count["connections"]))
        return [Connection(one) for one in fields if text(one[0]) == name]


def bucket_ms(bucket):
    """The least time of what is in the bucket."""
    if bucket < 16:
        return bucket / 1000
    return (16 + bucket % 16) * 2 ** (bucket // 16 - 1) / 1000


def percentiles(latencies, *parts):
    """Which times, in milliseconds, these parts of all were not above."""
    total = sum(latencies)
    times = []
    for part in parts:
        rest = part * total
        found = 0
        for bucket, count in enumerate(latencies):
            if count:
                found = bucket
                rest -= count
                if rest <= 0:
                    break
        times.append(bucket_ms(found + 1))
    return times
