# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs tests and speaks TAP: what all tests in Python share."""

import sys
import time
import traceback


class Skip(Exception):
    """Says why a test cannot run here."""


def run_one(number, name, function, arguments):
    try:
        function(*arguments)
    except Skip as reason:
        print(f"ok {number} {name} # SKIP {reason}", flush=True)
    except Exception:  # whatever it is, the others run
        for line in traceback.format_exc().splitlines():
            print(f"# {line}")
        print(f"not ok {number} {name}", flush=True)
        return False
    else:
        print(f"ok {number} {name}", flush=True)
    return True


def run(tests):
    """Runs (name, function, *arguments); the exit status."""
    print(f"1..{len(tests)}", flush=True)
    results = [run_one(number, name, function, arguments)
               for number, (name, function, *arguments) in enumerate(tests, 1)]
    return 0 if all(results) else 1


def run_functions(names):
    """Runs the functions test_… of a module, or those that its arguments name."""
    return run([(name, test) for name, test in names.items()
                if name.startswith("test_") and sys.argv[1:] in ([], [name])])


def wait_until(condition, limit_s):
    """Looks again and again at what no call tells of, such as another process's file."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
