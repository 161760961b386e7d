#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps a run of the benchmark: its table in README.md, and the picture of the page
"Performance", which is drawn from that table.

usage: bench_page.py [--keep BENCH-MD] [--check]

--keep puts the table of a run into README.md first; --check fails when the picture is
not the one of the table.
"""
import argparse
import re
import sys
import tempfile
from pathlib import Path

import bench_plot
import bench_rows

HERE = Path(__file__).resolve().parent
TABLE = HERE / "README.md"
PICTURE = HERE.parent.parent / "introspection/docs/performance.svg"
# what begins with the processor, until the end
KEPT = re.compile(r"(?<=\n\n)[^\n]*\bCPUs, Linux .*\Z", re.S)
PEERS = {title: name for titles, name in (
    (("raw sockets",), ("raw", "batch")),
    (("libzmq PUB/SUB", "libzmq PAIR"), ("zmq", "pubsub")),
    (("nng PUB/SUB", "nng PAIR"), ("nng", "pubsub")),
    (("NATS",), ("nats", "pubsub")),
    (("hein callback",), ("hein", "callback")),
    (("hein signal",), ("hein", "signal")),
) for title in titles}
# figure: key of a result, and what one of its units is
FIGURES = {
    "messages/s": ("messages_per_s", 1), "CPU per delivery": ("cpu_ns", 1e9),
    "p50": ("p50_us", 1e6), "time to connect": ("connect_s", 1),
    "memory each": ("rss_per_connection", 1), "one message to all": ("tell_s", 1),
    "time until it is bound": ("start_s", 1),
}
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1,
         "B": 1, "KiB": 1024, "MiB": 1024 ** 2}
LINE = re.compile(r"^\| (.+): ([^|]+?) \| ([^|]+?) \| ([\d.e+]+) ?(\w*) \(", re.M)


def read_table(text):
    """The medians, as bench.json has its results."""
    rows = {row.title: row for row in bench_rows.ROWS if row.section != "multicast"}
    found = {}
    for title, figure, peer, number, unit in LINE.findall(text):
        if title in rows and figure in FIGURES and peer in PEERS:
            key, factor = FIGURES[figure]
            result = found.setdefault((rows[title].key, *PEERS[peer]), {
                "status": "ok", "subscribers": rows[title].subscribers})
            result[key] = float(number) * UNITS[unit] * factor
    if not found:
        sys.exit(f"{TABLE}: no line of its table is understood")
    return [{"row": row, "peer": peer, "variant": variant, "results": [result]}
            for (row, peer, variant), result in found.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--keep", metavar="BENCH-MD", type=Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    text = TABLE.read_text(encoding="utf-8")
    if args.keep:
        text, count = KEPT.subn(lambda _: args.keep.read_text(encoding="utf-8"), text, 1)
        if count != 1:
            sys.exit(f"{TABLE}: where the last table begins is not found")
        TABLE.write_text(text, encoding="utf-8")
    entries = read_table(KEPT.search(text)[0])
    if not args.check:
        bench_plot.write_svg(PICTURE, entries)
        return
    with tempfile.NamedTemporaryFile(suffix=".svg") as drawn:
        bench_plot.write_svg(drawn.name, entries)
        if Path(drawn.name).read_bytes() != PICTURE.read_bytes():
            sys.exit(f"{PICTURE} is not what {TABLE} says: run {Path(__file__).name}")


main()
