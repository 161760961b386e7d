#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs every peer of the benchmark once, small, and looks whether everything
arrived; no time is looked at.  Arguments: the programs bench-*."""

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import bench_report
import bench_rows
import bench_secure

SECONDS = 30


def load_driver():
    spec = importlib.util.spec_from_file_location(
        "bench", os.path.join(HERE, "bench.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load_driver()


def run(program, *options):
    done = subprocess.run([program, *options], stdout=subprocess.PIPE,
                          text=True, check=False, timeout=2 * SECONDS)
    return done.returncode, json.loads(done.stdout)


def check(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, not {expected!r}")


def check_all_arrived(result, received):
    check(result["status"], "ok", f"status ({result['reason']})")
    check(result["received"], received, "messages that arrived")
    check(result.get("wrong", 0), 0, "wrong messages")


def test_throughput(program, variant):
    subscribers = min(2, variant["max_subscribers"])
    for size, count in ((16, 5000), (100, 500), (65536, 40), (1048576, 10)):
        code, result = run(program, "throughput", f"--timeout={SECONDS}",
                           f"--variant={variant['name']}", f"--size={size}",
                           f"--count={count}", f"--subscribers={subscribers}")
        check_all_arrived(result, count * subscribers)
        check(code, 0, "exit status")


def test_multicast(program, variant):
    """Small datagrams, mixed ones, and some of them forgotten."""
    options = [("--size=100",), ("--size=20", "--max-size=3000"),
               ("--size=1400", "--subscribers=3")]
    if "reliable" in variant["name"]:
        options.append(("--size=1400", "--loss=5", "--subscribers=2"))
    for option in options:
        code, result = run(program, "throughput", f"--timeout={SECONDS}",
                           f"--variant={variant['name']}", "--count=3000",
                           "--transport=multicast", *option)
        check_all_arrived(result, 3000 * result["subscribers"])
        check(code, 0, "exit status")


def test_transport(program, variant, transport):
    code, result = run(program, "throughput", f"--timeout={SECONDS}",
                       f"--variant={variant['name']}", "--count=2000",
                       f"--transport={transport}")
    check_all_arrived(result, 2000)
    check(code, 0, "exit status")


def test_topics(program, variant):
    code, result = run(program, "throughput", f"--timeout={SECONDS}",
                       f"--variant={variant['name']}", "--count=2000",
                       "--topics=4", "--subscribers=8")
    check_all_arrived(result, 4000)
    check(code, 0, "exit status")


def test_filters(program, *options):
    code, result = run(program, "throughput", f"--timeout={SECONDS}",
                       "--count=2000", "--connections=30", "--prefixes=5",
                       *options)
    check_all_arrived(result, 2000)
    check(code, 0, "exit status")


def test_start(program):
    args = bench.argparse.Namespace(timeout=SECONDS)
    contender = bench.argparse.Namespace(program=program)
    result = bench.run_start(contender, args)
    if result["status"] == "skipped":
        return result["reason"]
    check(result["status"], "ok", "status")
    check(result["rss"] > 0, True, "its memory")
    return None


def test_script(program, language, engine):
    args = bench.argparse.Namespace(timeout=SECONDS, **{language: engine})
    contender = bench.argparse.Namespace(program=program)
    row = bench.argparse.Namespace(options={"language": language,
                                            "count": 3000})
    result = bench.run_script(contender, row, args)
    check(result["status"], "ok", "status")
    check(result["messages_per_s"] > 0, True, "a rate")


def test_one_by_one(program, engine, way):
    args = bench.argparse.Namespace(timeout=SECONDS, python=engine)
    contender = bench.argparse.Namespace(program=program)
    row = bench.argparse.Namespace(options={"language": "python",
                                            "count": 3000, "way": way})
    result = bench.run_script(contender, row, args)
    if result["status"] == "skipped":
        return result["reason"]
    check(result["ratio"] > 0, True, "a ratio")
    return None


def test_loss_is_seen(program, variant):
    code, result = run(program, "throughput", f"--timeout={SECONDS}",
                       f"--variant={variant['name']}", "--count=100")
    check(result["status"], "lost", "status")
    check(result["received"], 90, "messages that arrived")
    check(code, 1, "exit status")


def test_round_trips(program):
    code, result = run(program, "round-trips", "--count=50", "--cpus=one",
                       f"--timeout={SECONDS}")
    check_all_arrived(result, 50)
    check(code, 0, "exit status")


def test_requests(program):
    code, result = run(program, "requests", "--count=500", "--outstanding=64",
                       f"--timeout={SECONDS}")
    check_all_arrived(result, 500)
    check(code, 0, "exit status")


def test_deliveries(program, *options):
    code, result = run(program, "deliveries", "--count=5000",
                       "--outstanding=1000", f"--timeout={SECONDS}", *options)
    check_all_arrived(result, 5000)
    check(code, 0, "exit status")


def test_idle(program):
    code, result = run(program, "idle", "--connections=40",
                       f"--timeout={SECONDS}")
    if result["status"] == "skipped":
        check(code, 0, "exit status")
        return result["reason"]
    check_all_arrived(result, 40)
    check(code, 0, "exit status")
    return None


def test_connect(program, variant):
    code, result = run(program, "connect", "--connections=20",
                       f"--variant={variant['name']}", f"--timeout={SECONDS}")
    if result["status"] == "skipped":
        check(code, 0, "exit status")
        return result["reason"]
    check_all_arrived(result, 20)
    check(result["both_us"] > 0, True, "CPU time")
    check(code, 0, "exit status")
    return None


def test_comparison():
    """Ratios and differences within a repetition, where both ran."""
    rates = {("100x1", ("hein", "tls")): [{"messages_per_s": 8, "cpu_ns": 2},
                                          None],
             ("100x1", ("zmq", "curve")): [{"messages_per_s": 2, "cpu_ns": 6},
                                           {"messages_per_s": 1, "cpu_ns": 1}],
             ("trip-one", ("hein", "tls")): [{"p50_us": 9}],
             ("trip-one", ("raw", "batch")): [{"p50_us": 4}]}
    lines = bench_secure.compare(rates)
    check([line.split(" | ")[1] for line in lines if "CURVE" in line],
          ["× 4 (4–4)", "× 3 (3–3)"], "ratios")
    check([line.split(" | ")[1] for line in lines if "round trip" in line],
          ["5.0 µs (5.0 µs–5.0 µs)"], "a difference")
    check(bench_secure.compare({}), [], "nothing to compare")


def test_too_many_connections(program):
    code, result = run(program, "idle", "--connections=100000")
    if result["status"] == "ok":
        return "this machine allows 100,000 descriptors"
    check(result["status"], "skipped", "status")
    check("descriptors" in result["reason"], True, "the reason names the limit")
    check(code, 0, "exit status")
    return None


def test_bad_arguments(program):
    for options in (["flight"], ["throughput", "--size=15"],
                    ["throughput", "--variant=none"], ["idle", "--cpus=two"],
                    ["throughput", "--count=0"],
                    ["throughput", "--subscribers=513"]):
        done = subprocess.run([program, *options], check=False,
                              stderr=subprocess.DEVNULL, timeout=SECONDS)
        check(done.returncode, 2, f"exit status of {options}")


def test_ratios():
    check(bench_report.get_ratios([4, 9, None, 8], [2, 3, 5, 0], True), [2, 3],
          "more is better")
    check(bench_report.get_ratios([4, 1], [2, 3], False), [0.5, 3], "less is better")
    check(bench_report.format_span([3, 1, 2], str), "2 (1–3)", "median and span")
    check(bench_report.format_span([], str), "–", "no value")
    check([bench_rows.show_count(n) for n in (1234567, 999600, 56, 0.0901)],
          ["1.23 M", "1000 k", "56", "0.0901"], "counts")


def test_report(folder):
    """The driver as a user starts it: a table, with a line per peer."""
    with tempfile.TemporaryDirectory(prefix="hein-bench-") as out:
        sys.argv = ["bench.py", f"--dir={folder}", "--reps=1", "--peers=raw",
                    "--rows=trip-one", f"--out={out}"]
        with contextlib.redirect_stdout(io.StringIO()) as output:
            check(bench.main(), 0, "exit status")
        check(sorted(os.listdir(out)),
              ["bench.json", "bench.md", "bench.svg"], "files")
        with open(os.path.join(out, "bench.md"), encoding="utf-8") as file:
            check(file.read(), output.getvalue(), "the table in the file")
        picture = ElementTree.parse(os.path.join(out, "bench.svg")).getroot()
        check("raw sockets" in "".join(picture.itertext()), True,
              "the name of the peer in the picture")
    lines = [line for line in output.getvalue().splitlines()
             if line.startswith("| round trip, one CPU")]
    check([line.split(" | ")[1] for line in lines], ["raw sockets"] * 2,
          "lines for p50 and p99")


def collect(programs):
    yield "/bench/ratios", test_ratios
    yield "/bench/comparison", test_comparison
    for program in programs:
        listing = json.loads(subprocess.check_output([program, "--list"]))
        path = f"/bench/{listing['peer']}"
        if listing["transports"] == ["multicast"]:
            for variant in listing["variants"]:
                yield (f"{path}/{variant['name']}",
                       lambda p=program, v=variant: test_multicast(p, v))
            continue
        if not listing["has_throughput"]:
            yield f"{path}/deliveries", lambda p=program: test_deliveries(p)
            continue
        for variant in listing["variants"]:
            if variant["name"] == "task":
                yield (f"{path}/task", lambda p=program:
                       test_deliveries(p, "--variant=task"))
                continue
            test = (test_loss_is_seen if variant["name"] == "lossy"
                    else test_throughput)
            yield (f"{path}/{variant['name']}",
                   lambda t=test, p=program, v=variant: t(p, v))
        default = listing["variants"][0]
        for transport in listing["transports"][1:]:
            yield (f"{path}/{transport}",
                   lambda p=program, v=default, t=transport:
                   test_transport(p, v, t))
        if listing["has_topics"]:
            yield (f"{path}/topics",
                   lambda p=program, v=default: test_topics(p, v))
        if listing["peer"] == "cross":
            continue
        if listing["has_filters"]:
            yield f"{path}/filters", lambda p=program: test_filters(p)
        if listing["has_patterns"]:
            yield (f"{path}/patterns",
                   lambda p=program: test_filters(p, "--patterns=1"))
        yield f"{path}/start", lambda p=program: test_start(p)
        yield f"{path}/round-trips", lambda p=program: test_round_trips(p)
        if listing["has_requests"]:
            yield f"{path}/requests", lambda p=program: test_requests(p)
        if listing["has_deliveries"]:
            yield f"{path}/deliveries", lambda p=program: test_deliveries(p)
        yield f"{path}/idle", lambda p=program: test_idle(p)
        for variant in listing["variants"] if listing["has_guests"] else []:
            yield (f"{path}/{variant['name']}/connect",
                   lambda p=program, v=variant: test_connect(p, v))
        if listing["peer"] == "raw":
            yield (f"{path}/too-many",
                   lambda p=program: test_too_many_connections(p))
            yield (f"{path}/bad-arguments",
                   lambda p=program: test_bad_arguments(p))
            yield ("/bench/report",
                   lambda p=program: test_report(os.path.dirname(p)))


def main():
    parser = bench.argparse.ArgumentParser()
    parser.add_argument("--python")
    parser.add_argument("--gjs")
    parser.add_argument("programs", nargs="+")
    args = parser.parse_args()
    tests = list(collect(args.programs))
    for language in ("python", "gjs"):
        engine = getattr(args, language)
        if engine is not None:
            tests.append((f"/bench/{language}",
                          lambda l=language, e=engine:
                          test_script(args.programs[0], l, e)))
    if args.python is not None:
        tests += [(f"/bench/{row.key}",
                   lambda w=row.options["way"]:
                   test_one_by_one(args.programs[0], args.python, w))
                  for row in bench_rows.ROWS if "way" in row.options]
    failures = 0
    print(f"1..{len(tests)}")
    for number, (path, test) in enumerate(tests, 1):
        try:
            reason = test()
            skip = f" # SKIP {reason}" if reason else ""
            print(f"ok {number} {path}{skip}", flush=True)
        except (AssertionError, OSError, ValueError, KeyError,
                subprocess.SubprocessError) as error:
            failures += 1
            print(f"not ok {number} {path}\n# {error}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
