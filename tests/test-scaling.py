#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Usage: test-scaling.py PROGRAM

What is done for each peer or connection does not take longer the more of them there
are: with four times as many, a program (scaling.c) runs four times as many
instructions, or a little more. They are counted by valgrind.
"""

import re
import shutil
import subprocess
import sys

FEW = 1000
# Of the instructions that the same would take per peer: four is linear, sixteen
# is quadratic.
MOST = 6

MODES = {
    "peers": "peers that come and go",
    "namesakes": "peers of one name that come and go",
    "inproc": "connections within a process",
    "dials": "connections that were dialled, and know who is there",
    "survey": "peers that answer the same request",
}


def count(program, mode, number):
    """Beyond what the program runs for one."""
    result = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         program, mode, str(number)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"Bail out! {mode} {number}: {result.stderr}")
    return int(re.search(r"Collected : (\d+)", result.stderr).group(1))


def main():
    if shutil.which("valgrind") is None:
        print("1..0 # SKIP valgrind counts, and is not there")
        return
    print(f"1..{len(MODES)}")
    for i, (mode, what) in enumerate(MODES.items()):
        base, few, many = (count(sys.argv[1], mode, n)
                           for n in (1, FEW, 4 * FEW))
        ratio = (many - base) / (few - base)
        print(f"# {mode}: {few - base} for {FEW}, {many - base} for {4 * FEW}")
        print(f"{'ok' if ratio < MOST else 'not ok'} {i + 1} {what}")


main()
