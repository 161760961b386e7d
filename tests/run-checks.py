#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs `meson test` and counts what its log says, subtest by subtest.

usage: run-checks.py MESON BUILD [argument of meson test]...

Most tests wait more than they compute: so twice as many run at once as there are
processors, unless MESON_TESTTHREADS says how many. Beside other work a test takes
a multiple of its time: its limit is there to end what hangs.

The last line is "N passed, N failed, N skipped"; the exit status is that of
the tests.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

RESULT = re.compile(r"^\s*(not )?ok\b[^#]*(#\s*(skip|todo))?", re.I)


def count(test):
    """Passed, failed and skipped of one test: its TAP lines, or itself."""
    passed = failed = skipped = 0
    for line in test.get("stdout", "").splitlines():
        match = RESULT.match(line)
        if not match or line.startswith(" "):
            continue
        if match[3]:
            skipped += 1  # "todo", too: it says nothing yet
        elif match[1]:
            failed += 1
        else:
            passed += 1
    if test["result"] == "SKIP":
        skipped += not passed + failed + skipped
    elif test["result"] in ("OK", "EXPECTEDFAIL"):
        passed += not passed + failed + skipped
    else:
        # crashed, timed out, or broke its plan: at least one failed
        failed = max(failed, 1)
    return passed, failed, skipped


def main():
    meson, build, *arguments = sys.argv[1:]
    setup = dict(zip(arguments, arguments[1:])).get("--setup")
    log = Path(build, "meson-logs", f"testlog{'-' + setup if setup else ''}.json")
    log.unlink(missing_ok=True)  # that of an earlier run tells nothing
    threads = {"MESON_TESTTHREADS": str(2 * len(os.sched_getaffinity(0)))}
    status = subprocess.call(
        [meson, "test", "-C", build, "--print-errorlogs",
         *([] if setup else ["--timeout-multiplier", "4"]), *arguments],
        env=threads | os.environ)
    total = [0, 0, 0]
    for line in log.read_text().splitlines() if log.exists() else []:
        total = [a + b for a, b in zip(total, count(json.loads(line)))]
    if total[0] + total[1] == 0:
        print("no test was run", file=sys.stderr)
        status = status or 1
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return status or (1 if total[1] else 0)


sys.exit(main())
