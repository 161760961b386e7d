#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How much of each folder ran, from what a build with -Db_coverage=true left
behind. A file that several programs are built with counts once: a line ran when
it ran in one of them.

usage: coverage.py BUILD
"""
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

WANTED = ("hein", "plugins")
source, build = Path(__file__).resolve().parent.parent, Path(sys.argv[1]).resolve()


def list_options():
    """Those by which gcovr 6 and later take functions of one name in two programs;
    earlier ones do so without, and do not know them."""
    usage = subprocess.run(["gcovr", "--help"], stdout=subprocess.PIPE, text=True, check=True)
    option = "--merge-mode-functions"
    return [f"{option}=separate"] if option in usage.stdout else []


def read_coverage():
    """The files of the project that gcovr knows."""
    output = subprocess.run(
        ["gcovr", "--json", "--root", source, "--object-directory", build,
         "--exclude-unreachable-branches", *list_options(),
         *(option for folder in WANTED for option in ("--filter", f"{source / folder}/")), build],
        stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)["files"]


def count(files):
    """Lines that ran, lines, branches that were taken and branches, by folder."""
    folders = defaultdict(lambda: [0, 0, 0, 0])
    for file in files:
        figures = [0, 0, 0, 0]
        for line in file["lines"]:
            if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
                continue
            branches = line.get("branches", [])
            figures[0] += line["count"] > 0
            figures[1] += 1
            figures[2] += sum(b["count"] > 0 for b in branches)
            figures[3] += len(branches)
        for folder in (str(Path(file["file"]).parent), "all"):
            folders[folder] = [a + b for a, b in zip(folders[folder], figures)]
    return folders


def show(ran, whole):
    return f"{100 * ran / whole if whole else 0:5.1f} % ({ran}/{whole})"


for folder, (lines, n_lines, branches, n_branches) in sorted(count(read_coverage()).items()):
    print(f"{folder:40} {show(lines, n_lines):>22} of lines"
          f" {show(branches, n_branches):>22} of branches")
