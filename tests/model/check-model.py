#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets spin search all states of the model of deliveries, and of each mistake
that it must find. TAP.

usage: check-model.py MODEL

What is longer than the suites can wait for: HEIN_MODEL="-DN=4 -DCUTS=2" (some
minutes, and gigabytes).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# One worker that takes one message: what it does not give back blocks it.
ONE = ("-DW=1", "-DCREDIT=1", "-DCUTS=0")

# The model as it is, in several sizes.
SIZES = [(), ("-DCREDIT=1",), ("-DW=1", "-DCUTS=2"),
         ("-DCUTS=0", "-DTIMEOUTS=2")]
MUTANTS = {
    1: ("acknowledged on arrival", ()),
    2: ("sent again after a break", ()),
    3: ("a break says failed", ()),
    4: ("a timeout says failed", ()),
    5: ("credit is ignored", ()),
    6: ("what was sent moves", ()),
    7: ("any receipt will do", ()),
    8: ("a receipt is dropped", ()),
    9: ("let go of without a word", ()),
    10: ("a run over a gap", ()),
    11: ("numbers are used again", ("-DW=1", "-DCUTS=2")),
    12: ("a receipt of the connection before", ()),
    13: ("credit is not given back", ONE),
    14: ("ended twice", ()),
    15: ("sent again while it is open", ()),
    16: ("new ones before it is known what came", ()),
    17: ("open is said to be handled", ()),
    18: ("failed is said to be handled", ()),
    19: ("words are not said again", ()),
    20: ("another process is trusted", ()),
    21: ("numbers begin again", ()),
    22: ("it is forgotten that it is forgotten", ("-DW=1", "-DCUTS=2")),
}


def search(model, options, folder):
    """Returns how many errors spin finds, and what it says."""
    for command in (
            ["spin", *options, "-a", str(model)],
            ["cc", "-O1", "-w", "-DSAFETY", "-DVECTORSZ=2048", "-o", "pan", "pan.c"]):
        done = subprocess.run(command, cwd=folder, text=True, stderr=subprocess.STDOUT,
                              stdout=subprocess.PIPE, check=False)
        if done.returncode != 0 or "Error" in done.stdout:
            return -1, done.stdout
    done = subprocess.run(["./pan", "-m100000"], cwd=folder, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = re.search(r"errors: (\d+)", done.stdout)
    # a search that was cut short has shown nothing
    if found is None or re.search(r"max search depth too small|out of memory", done.stdout):
        return -1, done.stdout
    return int(found.group(1)), done.stdout


def check(number, name, model, options, is_good):
    with tempfile.TemporaryDirectory() as folder:
        n_errors, said = search(model, options, folder)
    states = re.search(r"(\d+) states, stored", said)
    ok = n_errors == 0 if is_good else n_errors > 0
    print(f"{'ok' if ok else 'not ok'} {number} {name}", flush=True)
    reason = re.search(r"^pan:1: (.*)$", said, re.M)
    if ok:
        print(f"# {states.group(1) if states else '?'} states"
              + (f", {reason.group(1)}" if reason else ""), flush=True)
    else:
        print("".join(f"# {line}\n" for line in said.splitlines()[:40]), flush=True)
    return ok


def main(model):
    if shutil.which("spin") is None or shutil.which("cc") is None:
        print("1..0 # SKIP no spin: make deps")
        return 0
    more = os.environ.get("HEIN_MODEL", "").split()
    sizes = SIZES + ([tuple(more)] if more else [])
    cases = [(f"model/holds/{' '.join(size) or 'default'}", size, True)
             for size in sizes]
    cases += [(f"model/mutant/{number} {name}", (f"-DMUTANT={number}", *size), False)
              for number, (name, size) in MUTANTS.items()]
    print(f"1..{len(cases)}", flush=True)
    results = [check(i, name, model, options, is_good)
               for i, (name, options, is_good) in enumerate(cases, 1)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
