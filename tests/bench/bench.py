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
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

REFERENCE = ("zmq", "pubsub")
LIMIT = ("raw", "batch")
TITLES = {
    ("raw", "batch"): "raw sockets",
    ("zmq", "pubsub"): "libzmq PUB/SUB",
    ("zmq", "pushpull"): "libzmq PUSH/PULL",
    ("nng", "pubsub"): "nng PUB/SUB",
    ("nng", "pushpull"): "nng PUSH/PULL",
}
TRIP_TITLES = {"zmq": "libzmq PAIR", "nng": "nng PAIR"}
PEER_ORDER = ["raw", "zmq", "nng", "hein"]
RUN_SECONDS = 0.3
MAX_COUNT = 50_000_000
GRACE_SECONDS = 10


class Row:
    """One line of the measuring: what is run, and which figures it gives."""

    def __init__(self, key, title, test, options, figures, quick=False):
        self.key = key
        self.title = title
        self.test = test
        self.options = options
        self.figures = figures
        self.is_quick = quick

    @property
    def subscribers(self):
        return int(self.options.get("subscribers", 1))


class Figure:
    """A number out of a result: its key there and how it is shown."""

    def __init__(self, key, title, show, more_is_better):
        self.key = key
        self.title = title
        self.show = show
        self.more_is_better = more_is_better


def round_off(value):
    """Three digits, as a person would write them."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def show_count(value):
    for factor, unit in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= factor:
            return f"{round_off(value / factor)}{unit}"
    return round_off(value)


def show_us(value):
    return f"{value:.1f} µs"


def show_ms(value):
    return f"{value * 1e3:.1f} ms"


def show_bytes(value):
    if abs(value) >= 1024:
        return f"{value / 1024:.1f} KiB"
    return f"{value:.0f} B"


RATE = [Figure("messages_per_s", "messages/s", show_count, True)]
TRIPS = [Figure("p50_us", "p50", show_us, False),
         Figure("p99_us", "p99", show_us, False)]
IDLE = [Figure("connect_s", "time", show_ms, False),
        Figure("rss_per_connection", "memory each", show_bytes, False)]
SYSCALLS = [Figure("syscalls", "syscalls/message", show_count, False)]
INSTRUCTIONS = [
    Figure("instructions", "instructions/message", show_count, False)]


def throughput(key, title, size, subscribers, quick=False):
    return Row(key, title, "throughput",
               {"size": size, "subscribers": subscribers}, RATE, quick)


TRACED_ROW = throughput("100x1", "100 B to 1", 100, 1, quick=True)

ROWS = [
    throughput("16x1", "16 B to 1", 16, 1),
    TRACED_ROW,
    throughput("1kx1", "1 KiB to 1", 1024, 1, quick=True),
    throughput("64kx1", "64 KiB to 1", 65536, 1),
    throughput("1mx1", "1 MiB to 1", 1048576, 1),
    throughput("100x8", "100 B to 8", 100, 8, quick=True),
    throughput("1kx8", "1 KiB to 8", 1024, 8),
    Row("trip-one", "round trip, one CPU", "round-trips",
        {"size": 100, "count": 10000, "cpus": "one"}, TRIPS, quick=True),
    Row("trip-each", "round trip, a CPU each", "round-trips",
        {"size": 100, "count": 5000, "cpus": "each"}, TRIPS),
    Row("idle-1000", "1,000 idle connections", "idle",
        {"connections": 1000}, IDLE, quick=True),
    Row("idle-10000", "10,000 idle connections", "idle",
        {"connections": 10000}, IDLE),
    Row("syscalls", "100 B to 1, both ends", "syscalls",
        {"size": 100}, SYSCALLS),
    Row("instructions", "100 B to 1, both ends", "instructions",
        {"size": 100}, INSTRUCTIONS),
]

SECTIONS = [("throughput", "Throughput"), ("round-trips", "Round trips"),
            ("idle", "Idle connections"), ("syscalls", "System calls"),
            ("instructions", "Instructions")]


class Contender:
    """A peer in one of its variants."""

    def __init__(self, program, peer, library, variant):
        self.program = program
        self.peer = peer
        self.library = library
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
        return TITLES.get(self.name, f"{self.peer} {self.variant}")

    def runs(self, row):
        """Round trips and idle connections have one way per peer."""
        if row.test in ("round-trips", "idle"):
            return self.is_default
        return row.subscribers <= self.max_subscribers


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
    return result


def choose_count(contender, row, args):
    """How many messages take about RUN_SECONDS, found once and then kept."""
    if row.key in contender.counts:
        return contender.counts[row.key]
    count = max(16, min(2000, 2 ** 24 // row.options["size"]))
    while True:
        result = run_once(contender, row.test, {**row.options, "count": count},
                          args.timeout)
        # the first messages of a run are no measure of the others
        if result["seconds"] >= RUN_SECONDS / 5 or count >= MAX_COUNT:
            break
        count *= 4
    count = int(result["messages_per_s"] * RUN_SECONDS)
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


def measure(contender, row, args):
    if row.test in ("syscalls", "instructions"):
        return run_difference(contender, row, args)
    options = dict(row.options)
    if row.test == "throughput":
        options["count"] = choose_count(contender, row, args)
    return run_once(contender, row.test, options, args.timeout)


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


def get_values(results, row, name, figure):
    """One entry per repetition; None where there is none."""
    return [result.get(figure.key) if result else None
            for result in results.get((row.key, name), [])]


def get_ratios(values, others, more_is_better):
    """Per repetition how many times better a value is than the other's."""
    ratios = []
    for value, other in zip(values, others):
        if value is None or other is None or value <= 0 or other <= 0:
            continue
        ratios.append(value / other if more_is_better else other / value)
    return ratios


def format_span(values, show, mark=""):
    """Median (least to most)"""
    if not values:
        return "–"
    median = mark + show(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} ({show(min(values))}–{show(max(values))})"


def show_ratio(value):
    return round_off(value)


def format_line(results, row, contender, figure):
    values = get_values(results, row, contender.name, figure)
    known = [value for value in values if value is not None]
    reasons = {result["reason"] for result
               in results.get((row.key, contender.name), [])
               if result and result["status"] == "skipped"}
    cells = [f"{row.title}: {figure.title}", contender.get_title(row)]
    if not known:
        reason = ", ".join(sorted(reasons)) or "failed"
        return cells + [f"– ({reason})", "–", "–"]
    cells.append(format_span(known, figure.show))
    for other in (REFERENCE, LIMIT):
        others = get_values(results, row, other, figure)
        ratios = get_ratios(values, others, figure.more_is_better)
        cells.append("1" if other == contender.name
                     else format_span(ratios, show_ratio, "× "))
    return cells


def format_section(title, lines):
    heads = ["What", "Peer", "Median (least–most)",
             "Against libzmq", "Against raw sockets"]
    text = [f"\n### {title}\n", "| " + " | ".join(heads) + " |",
            "|---|---|--:|--:|--:|"]
    text += ["| " + " | ".join(cells) + " |" for cells in lines]
    return text


def read_cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def format_head(contenders, args):
    libraries = list(dict.fromkeys(c.library for c in contenders))
    return [
        f"{read_cpu_model()}, {len(os.sched_getaffinity(0))} CPUs, "
        f"{platform.system()} {platform.release()}, loopback; "
        f"{', '.join(libraries)}; repetitions: {args.reps}, interleaved.",
        "A ratio is the median of the ratios within each repetition, and "
        "above 1 means better, whether more or less is good.",
    ]


def format_report(results, problems, contenders, rows, missing, args):
    text = format_head(contenders, args)
    for test, title in SECTIONS:
        lines = [format_line(results, row, contender, figure)
                 for row in rows if row.test == test
                 for figure in row.figures
                 for contender in contenders if contender.runs(row)]
        if lines:
            text += format_section(title, lines)
    if missing:
        text += ["", f"Left out, because not built: {', '.join(missing)}."]
    if problems:
        text += ["", "**Failed:**", ""]
        text += [f"- {problem}" for problem in problems]
    return "\n".join(text)


def find_programs(folder):
    names = [name for name in sorted(os.listdir(folder))
             if name.startswith("bench-")]
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
        found = [Contender(program, listing["peer"], listing["library"], v)
                 for v in variants]
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
                        help="only these: raw, zmq, nng, hein")
    parser.add_argument("--reps", type=int, metavar="N",
                        help="repetitions, 9 unless told otherwise")
    parser.add_argument("--json", metavar="FILE",
                        help="where to write every single result")
    parser.add_argument("--timeout", type=int, default=20, metavar="S",
                        help="bound of one run")
    args = parser.parse_args()
    if args.reps is None:
        args.reps = 3 if args.quick else 9
    if args.reps < 1 or args.timeout < 1:
        parser.error("--reps and --timeout are at least 1")
    return args


def write_json(path, results):
    entries = [{"row": key, "peer": name[0], "variant": name[1],
                "results": list_}
               for (key, name), list_ in results.items()]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1)
        file.write("\n")


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
    results, problems = measure_all(contenders, rows, args)
    if args.json:
        write_json(args.json, results)
    print(format_report(results, problems, contenders, rows, missing, args))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
