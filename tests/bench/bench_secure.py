# SPDX-License-Identifier: LGPL-2.1-or-later
"""What encryption costs: two results beside each other, in each repetition."""

import statistics

from bench_rows import round_off, show_bytes, show_us

PLAIN, TLS, CURVE = [("hein", name) for name in ("callback", "tls", "curve")]
ZMQ, ZMQ_CURVE = ("zmq", "pubsub"), ("zmq", "curve")
RAW, RAW_AES, RAW_SHAKE = [("raw", name) for name in ("batch", "aes", "shake")]


class Pair:
    """One contender beside another, in one figure of a row."""

    def __init__(self, title, row, figure, one, other, show=None, aim=""):
        self.title = title
        self.row = row
        self.figure = figure
        self.one = one
        self.other = other
        self.show = show  # None: it is a ratio, and more is better
        self.aim = aim

    def get_values(self, results):
        """One for each repetition in which both ran."""
        lists = [[result.get(self.figure) if result else None
                  for result in results.get((self.row, name), [])]
                 for name in (self.one, self.other)]
        pairs = [(a, b) for a, b in zip(*lists) if a and b]
        if self.show is not None:
            return [a - b for a, b in pairs]
        if self.figure == "cpu_ns":
            return [b / a for a, b in pairs]
        return [a / b for a, b in pairs]


def twice(title, row, one, other, aim):
    """By what arrived in a second, and by what it took of the CPU."""
    return [Pair(f"{title}: messages/s", row, "messages_per_s", one, other,
                 aim=aim),
            Pair(f"{title}: CPU", row, "cpu_ns", one, other, aim=aim)]


PAIRS = [
    *twice("100 B, TLS against libzmq's CURVE", "100x1", TLS, ZMQ_CURVE,
           "≥ 10"),
    *twice("100 B, TLS against libzmq without", "100x1", TLS, ZMQ, "≥ 1"),
    *twice("100 B, CURVE against libzmq's", "100x1", CURVE, ZMQ_CURVE, "≥ 3"),
    *twice("100 B, TLS against hein without", "100x1", TLS, PLAIN, ""),
    *twice("64 KiB, TLS against AES-128-GCM alone", "64kx1", TLS, RAW_AES,
           "≥ 0.6"),
    Pair("round trip, TLS more than raw sockets", "trip-one", "p50_us", TLS,
         RAW, show_us, "≤ 8 µs"),
    Pair("a connection, TLS more than without: CPU of both ends",
         "connect-500", "both_us", TLS, PLAIN, show_us, "≤ 500 µs"),
    Pair("the same of GnuTLS alone, which is the bound", "connect-500",
         "both_us", RAW_SHAKE, RAW, show_us),
    Pair("an idle connection, TLS more than without: memory", "connect-500",
         "rss_per_connection", TLS, PLAIN, show_bytes, "≤ 14 KiB"),
]


def compare(results):
    """Lines of Markdown; none where nothing was encrypted."""
    lines = []
    for pair in PAIRS:
        values = pair.get_values(results)
        if not values:
            continue
        show = pair.show or round_off
        mark = "" if pair.show else "× "
        lines.append(
            f"| {pair.title} | {mark}{show(statistics.median(values))} "
            f"({show(min(values))}–{show(max(values))}) | {pair.aim or '–'} |")
    if not lines:
        return []
    return ["\n### What encryption costs\n",
            "| What | Median (least–most) | Aim |", "|---|--:|--:|", *lines]
