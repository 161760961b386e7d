#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demonstration succeeds, and fits on a screen of 24 lines with what `make` says
before it. TAP.

usage: test-demo.py DEMO
"""
import subprocess
import sys

import tap

DEMO = sys.argv.pop(1)
LIMIT_S = 100
LINES, COLUMNS = 21, 80


def test_demo():
    done = subprocess.run([sys.executable, DEMO], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done
    assert len(lines) <= LINES, f"{len(lines)} lines:\n{done.stdout}"
    assert max(map(len, lines)) < COLUMNS, done.stdout
    assert any("goodbye: kirk" in line for line in lines), done.stdout


if __name__ == "__main__":
    sys.exit(tap.run_functions(dict(globals())))
