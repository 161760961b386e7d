#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast a Python program takes batches and reads each payload: from a
socket, fed by bench-feed, and from within the process, where a C function
makes the messages and emits the same signal; making them is in that time, too.

Usage: bench-python.py PATH-OF-BENCH-FEED COUNT"""

import json
import struct
import subprocess
import sys
import time

import gi

gi.require_version("Hein", "1")
gi.require_version("HeinTest", "1")
from gi.repository import Hein, HeinTest

SIZE = 100
BATCH = 1024  # the most that a bus emits at once


class Taker:
    """Counts what comes and looks at the number of every payload."""

    def __init__(self):
        self.bus = Hein.Bus.new("python")
        self.bus.connect("messages", self.on_messages)
        self.count = 0
        self.start = None

    def on_messages(self, bus, messages):
        if self.start is None:
            self.start = time.perf_counter()
        count = self.count
        for message in messages:
            data = bytes(message)
            if data[0] != count & 255:
                raise SystemExit(f"message {count} is not the one that was due")
            count += 1
        if struct.unpack_from("=Q", data)[0] != count - 1:
            raise SystemExit("a message was lost")
        self.count = count

    def get_rate(self):
        return self.count / (time.perf_counter() - self.start)


def take_from_socket(feed, count):
    taker = Taker()
    with subprocess.Popen([feed, str(count), str(SIZE)], text=True,
                          stdout=subprocess.PIPE) as process:
        taker.bus.dial(process.stdout.readline().strip())
        while taker.count < count:
            taker.bus.turn(1000)
        rate = taker.get_rate()
        taker.bus.close()
        while taker.bus.get_peers().get_n_peers() > 0:
            taker.bus.turn(100)
        process.wait()
    return rate


def take_in_process(count):
    taker = Taker()
    HeinTest.emit_messages(taker.bus, count, SIZE, BATCH)
    if taker.count != count:
        raise SystemExit(f"{taker.count} of {count} messages were handed over")
    return taker.get_rate()


def main():
    feed, count = sys.argv[1], int(sys.argv[2])
    in_process = take_in_process(count)
    rate = take_from_socket(feed, count)
    print(json.dumps({"status": "ok", "reason": "", "messages_per_s": rate,
                      "in_process_per_s": in_process,
                      "share": rate / in_process}))


if __name__ == "__main__":
    main()
