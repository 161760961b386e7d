#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs hein beside other libraries and prints what came out as Markdown.

Every repetition runs every row with every peer once, so that a slow moment of
the machine meets all of them; ratios are taken within a repetition, and what
is printed is their median.  See README.md.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bench_plot
from bench_report import format_report
from bench_rows import ROWS, TRACED_ROW

TITLES = {
    ("raw", "batch"): "raw sockets",
    ("raw", "aes"): "raw sockets, AES-128-GCM",
    ("raw", "shake"): "raw sockets, the handshake of GnuTLS",
    ("raw", "task"): "raw sockets, a GTask each",
    ("zmq", "pubsub"): "libzmq PUB/SUB",
    ("zmq", "pushpull"): "libzmq PUSH/PULL",
    ("zmq", "curve"): "libzmq PUB/SUB, CURVE",
    ("hein", "curve"): "hein, CURVE",
    ("hein", "tls"): "hein, TLS",
    ("nats", "pubsub"): "NATS",
    ("jetstream", "memory"): "NATS JetStream in memory",
    ("cross", "hein-zmq"): "hein to libzmq",
    ("cross", "zmq-hein"): "libzmq to hein",
    ("mc-raw", "datagrams"): "a datagram each",
    ("mc-hein", "plain"): "hein, plain",
    ("mc-hein", "sealed"): "hein, XChaCha20-Poly1305",
    ("mc-hein", "aes"): "hein, AES-256-GCM",
    ("mc-hein", "reliable"): "hein, XChaCha20-Poly1305, reliable",
    ("mc-hein", "sealed-1400"): "hein, XChaCha20-Poly1305, mtu=1400",
    ("mc-hein", "aes-1400"): "hein, AES-256-GCM, mtu=1400",
    ("mc-hein", "reliable-1400"):
        "hein, XChaCha20-Poly1305, reliable, mtu=1400",
    ("nng", "pubsub"): "nng PUB/SUB",
    ("nng", "pushpull"): "nng PUSH/PULL",
}
TRIP_TITLES = {"zmq": "libzmq PAIR", "nng": "nng PAIR"}
REQUEST_TITLES = {"zmq": "libzmq DEALER/ROUTER", "nng": "nng REQ/REP"}
PEER_ORDER = ["raw", "zmq", "nng", "nats", "jetstream", "cross", "hein",
              "mc-raw", "mc-hein"]
RUN_SECONDS = 0.3
MAX_COUNT = 50_000_000
PRIORITY = -15
GRACE_SECONDS = 10


def is_large(row):
    """Its messages are sealed by themselves: small ones share what TLS seals."""
    return row.test == "throughput" and row.transport == "tcp" and \
        int(row.options["size"]) >= 65536


class Contender:
    """A peer in one of its variants."""

    def __init__(self, program, listing, variant):
        self.program = program
        self.peer = listing["peer"]
        self.library = listing["library"]
        self.transports = listing["transports"]
        self.has_throughput = listing["has_throughput"]
        self.has_topics = listing["has_topics"]
        self.has_guests = listing["has_guests"]
        self.has_requests = listing["has_requests"]
        self.has_filters = listing["has_filters"]
        self.has_deliveries = listing["has_deliveries"]
        self.has_patterns = listing["has_patterns"]
        self.variant = variant["name"]
        self.max_subscribers = variant["max_subscribers"]
        self.is_default = False
        self.counts = {}

    @property
    def name(self):
        return (self.peer, self.variant)

    def get_title(self, row):
        if row.test == "round-trips" and self.peer in TRIP_TITLES:
            return TRIP_TITLES[self.peer]
        if row.test == "requests" and self.peer in REQUEST_TITLES:
            return REQUEST_TITLES[self.peer]
        return TITLES.get(self.name, f"{self.peer} {self.variant}")

    def runs(self, row):
        """Round trips and idle connections have one way per peer."""
        if row.test != "throughput" and self.peer == "cross":
            return False
        if (row.transport == "multicast") != ("multicast" in self.transports):
            return False
        if row.test == "deliveries":
            return self.has_deliveries and (
                self.is_default or self.variant == "task")
        if not self.has_throughput or self.variant == "task":
            return False
        if "loss" in row.options and self.variant != "reliable-1400":
            return False
        # what stays on one machine need not be encrypted
        if self.variant == "aes" and not is_large(row):
            return False
        if self.variant == "shake" and row.test != "connect":
            return False
        if self.variant in ("curve", "tls") and row.transport != "tcp":
            return False
        if row.test == "script" and self.peer != "hein":
            return False
        if row.test == "round-trips" and self.variant == "tls":
            return True
        if row.test == "connect":
            return self.has_guests and (
                self.is_default or self.variant in ("curve", "tls", "shake"))
        if row.test == "requests":
            return self.has_requests and self.is_default
        if row.test in ("round-trips", "idle", "start", "script"):
            return self.is_default
        # what receives is the same for all: plain sockets
        if "prefixes" in row.options:
            return (self.has_filters and self.is_default
                    and self.has_patterns >= bool(row.options.get("patterns")))
        if "topics" in row.options and (
                not self.has_topics or self.max_subscribers == 1):
            return False
        return (row.transport in self.transports
                and row.subscribers <= self.max_subscribers)


# Programs beside the peers that have rows of their own, or feed others.
NO_PEERS = ("bench-dbus", "bench-feed", "bench-mqtt",
            "bench-mqtt-crowd", "bench-simulation")


class BenchError(Exception):
    pass


def run(command, timeout_s):
    """Runs a program in a group of its own, which is killed when it hangs."""
    with subprocess.Popen(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True,
                          start_new_session=True) as process:
        try:
            output, trouble = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise BenchError(f"no end after {timeout_s} s") from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output, trouble.strip()


def run_once(contender, test, options, timeout_s, wrapper=()):
    command = [*wrapper, contender.program, test,
               f"--variant={contender.variant}", f"--timeout={timeout_s}"]
    command += [f"--{key}={value}" for key, value in options.items()]
    code, output, trouble = run(command, timeout_s + GRACE_SECONDS)
    try:
        result = json.loads(output)
    except ValueError:
        raise BenchError(trouble or f"exit {code} without a result") from None
    if result["status"] in ("lost", "failed"):
        raise BenchError("; ".join(filter(None, (result["reason"], trouble))))
    if test == "throughput" and result["received"] > 0:
        result["cpu_ns"] = result["cpu_s"] * 1e9 / result["received"]
        result["sending_ns"] = result["sending_s"] * 1e9 / result["count"]
        result["publisher_ns"] = result["publisher_s"] * 1e9 / result["count"]
        result["subscriber_ns"] = ((result["cpu_s"] - result["publisher_s"])
                                   * 1e9 / result["received"])
        result["faults"] = result["page_faults"] / result["received"]
        result["lost"] = (result["count"] * result["subscribers"]
                          - result["received"])
    return result


def choose_count(contender, row, args):
    """How many messages take about RUN_SECONDS, found once and then kept."""
    if row.key in contender.counts:
        return contender.counts[row.key]
    # a multiple of every number of topics
    count = max(16, min(2000, 2 ** 24 // row.options["size"]) // 8 * 8)
    while True:
        result = run_once(contender, row.test, {**row.options, "count": count},
                          args.timeout)
        # the first messages of a run are no measure of the others
        if result["seconds"] >= RUN_SECONDS / 2 or count >= MAX_COUNT:
            break
        count *= 4
    count = int(result["messages_per_s"] * RUN_SECONDS) // 8 * 8
    contender.counts[row.key] = max(16, min(MAX_COUNT, count))
    return contender.counts[row.key]


def count_syscalls(contender, options, count, timeout_s, folder):
    path = os.path.join(folder, "strace")
    run_once(contender, "throughput", {**options, "count": count}, timeout_s,
             ["strace", "-f", "-c", "-S", "calls", "-o", path])
    with open(path, encoding="utf-8") as table:
        for line in table:
            words = line.split()
            if words and words[-1] == "total":
                return int(words[3])
    raise BenchError("strace gave no total")


def count_instructions(contender, options, count, timeout_s, folder):
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    run_once(contender, "throughput", {**options, "count": count}, timeout_s,
             ["valgrind", "-q", "--tool=callgrind", "--trace-children=no",
              f"--callgrind-out-file={folder}/out.%p"])
    total = 0
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for line in file:
                if line.startswith("totals:"):
                    total += int(line.split()[1])
    if total == 0:
        raise BenchError("callgrind gave no totals")
    return total


def run_difference(contender, row, args):
    """Cost of one message: what more messages cost more; starting and ending
    are the same in both runs and fall out."""
    if row.test == "syscalls":
        tool, counter, most = "strace", count_syscalls, 200_000
    else:
        tool, counter, most = "valgrind", count_instructions, 50_000
    if shutil.which(tool) is None:
        return {"status": "skipped", "reason": f"{tool} is not installed"}
    # under such a tool some peers are a hundred times slower
    untraced = choose_count(contender, TRACED_ROW, args)
    more = max(5_000, min(most, untraced // 5))
    with tempfile.TemporaryDirectory(prefix="hein-bench-") as folder:
        low, high = (counter(contender, row.options, count, 2 * args.timeout,
                             folder) for count in (2_000, 2_000 + more))
    return {"status": "ok", "more": more, row.test: (high - low) / more}


def read_rss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        for line in file:
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    raise BenchError("no Rss in smaps_rollup")


def run_start(contender, args):
    """From exec until it says that it is bound, and its memory then."""
    start = time.monotonic()
    with subprocess.Popen([contender.program, "start"], text=True,
                          stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline()
            seconds = time.monotonic() - start
            if line.startswith("{"):
                return json.loads(line)
            if line != "bound\n":
                raise BenchError(f"it said {line!r} instead of being bound")
            return {"status": "ok", "start_s": seconds,
                    "rss": read_rss(process.pid)}
        finally:
            process.kill()


def run_script(contender, row, args):
    """A program in another language that bench-feed feeds."""
    language = row.options["language"]
    engine = getattr(args, language)
    if engine is None:
        return {"status": "skipped", "reason": f"--{language} was not given"}
    here = os.path.dirname(os.path.abspath(__file__))
    ending = {"python": "py", "gjs": "js"}[language]
    feed = os.path.join(os.path.dirname(contender.program), "bench-feed")
    way = row.options.get("way")
    name = f"bench-{language}{'-one' if way else ''}.{ending}"
    command = [engine, os.path.join(here, name), feed, str(row.options["count"]),
               *([way] if way else [])]
    code, output, trouble = run(command, args.timeout)
    if code != 0:
        raise BenchError(trouble or f"exit {code}")
    return json.loads(output)


def measure(contender, row, args):
    if row.test == "script":
        return run_script(contender, row, args)
    if row.test == "start":
        return run_start(contender, args)
    if row.test in ("syscalls", "instructions"):
        return run_difference(contender, row, args)
    options = dict(row.options)
    if row.test == "throughput":
        options["count"] = choose_count(contender, row, args)
    return run_once(contender, row.test, options, args.timeout)


def take_priority():
    """What else runs on the machine is not to be measured. Returns the
    priority, which stays as it is for who may not raise it."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    except OSError:
        pass
    return os.getpriority(os.PRIO_PROCESS, 0)


def report_progress(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def measure_all(contenders, rows, args):
    """{(row key, contender name): [result or None for each repetition]}"""
    results = {}
    problems = []
    for repetition in range(args.reps):
        for row in rows:
            fit = [c for c in contenders if c.runs(row)]
            # nobody always comes first
            shift = repetition % max(1, len(fit))
            for contender in fit[shift:] + fit[:shift]:
                title = contender.get_title(row)
                report_progress(
                    f"{repetition + 1}/{args.reps} {row.title}: {title}")
                try:
                    result = measure(contender, row, args)
                except BenchError as error:
                    problems.append(f"{row.title}, {title}: {error}")
                    result = None
                results.setdefault((row.key, contender.name), []).append(
                    result)
    report_progress("")
    return results, problems


def find_programs(folder):
    names = [name for name in sorted(os.listdir(folder))
             if name.startswith("bench-")
             and name not in NO_PEERS]
    paths = [os.path.join(folder, name) for name in names]
    return [path for path in paths
            if os.path.isfile(path) and os.access(path, os.X_OK)]


def load_contenders(programs):
    contenders = []
    for program in programs:
        code, output, trouble = run([program, "--list"], GRACE_SECONDS)
        if code != 0:
            raise BenchError(f"{program}: {trouble}")
        listing = json.loads(output)
        variants = [v for v in listing["variants"] if not v["is_fixture"]]
        found = [Contender(program, listing, variant) for variant in variants]
        found[0].is_default = True
        contenders += found
    order = {name: index for index, name in enumerate(PEER_ORDER)}
    contenders.sort(key=lambda c: order.get(c.peer, len(order)))
    return contenders


def choose_rows(args):
    if args.rows:
        known = {row.key: row for row in ROWS}
        keys = args.rows.split(",")
        unknown = [key for key in keys if key not in known]
        if unknown:
            raise BenchError(f"no row {', '.join(unknown)}; there are "
                             f"{', '.join(known)}")
        return [known[key] for key in keys]
    return [row for row in ROWS if row.is_quick or not args.quick]


def parse_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--dir", default=os.environ.get("HEIN_BENCH_DIR", here),
                        help="folder of the programs bench-*")
    parser.add_argument("--quick", action="store_true",
                        help="3 repetitions of a few rows")
    parser.add_argument("--rows", metavar="KEY,…", help="only these: "
                        + ", ".join(row.key for row in ROWS))
    parser.add_argument("--peers", metavar="NAME,…",
                        help="only these: " + ", ".join(PEER_ORDER))
    parser.add_argument("--reps", type=int, metavar="N",
                        help="repetitions, 9 unless told otherwise")
    parser.add_argument("--out", metavar="FOLDER",
                        help="where to write bench.md, bench.json (every "
                        "single result) and bench.svg")
    parser.add_argument("--python", metavar="PROGRAM",
                        help="a python3 that has gi, for the row python")
    parser.add_argument("--gjs", metavar="PROGRAM", help="for the row gjs")
    parser.add_argument("--timeout", type=int, default=20, metavar="S",
                        help="bound of one run")
    args = parser.parse_args()
    if args.reps is None:
        args.reps = 3 if args.quick else 9
    if args.reps < 1 or args.timeout < 1:
        parser.error("--reps and --timeout are at least 1")
    return args


def write_all(folder, report, results):
    entries = [{"row": key, "peer": name[0], "variant": name[1],
                "results": list_}
               for (key, name), list_ in results.items()]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "bench.json"), "w",
              encoding="utf-8") as file:
        json.dump(entries, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "bench.md"), "w", encoding="utf-8") as file:
        file.write(report + "\n")
    bench_plot.write_svg(os.path.join(folder, "bench.svg"), entries)


def main():
    args = parse_arguments()
    try:
        rows = choose_rows(args)
        contenders = load_contenders(find_programs(args.dir))
    except (BenchError, OSError) as error:
        sys.exit(f"bench: {error}")
    present = {contender.peer for contender in contenders}
    missing = [peer for peer in PEER_ORDER if peer not in present]
    if args.peers:
        contenders = [c for c in contenders
                      if c.peer in args.peers.split(",")]
    if not contenders:
        sys.exit(f"bench: no programs bench-* to run in {args.dir}")
    args.priority = take_priority()
    results, problems = measure_all(contenders, rows, args)
    report = format_report(results, problems, contenders, rows, missing, args)
    if args.out:
        write_all(args.out, report, results)
    print(report)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
