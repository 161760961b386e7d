#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The formatter agrees with every file, and no file is two ideas. TAP.

usage: check-style.py SOURCE CLANG-FORMAT
"""
import subprocess
import sys
from pathlib import Path

source, formatter = Path(sys.argv[1]), sys.argv[2]
LONGEST = 1100  # lines, documentation included
FOLDERS = ("hein", "plugins", "examples", "tests")

files = [f for folder in FOLDERS for f in sorted((source / folder).rglob("*.[ch]"))]
print(f"1..{len(files)}")
failed = 0
for path in files:
    result = subprocess.run([formatter, "--dry-run", "-Werror", path],
                            capture_output=True, text=True, check=False)
    lines = path.read_text().count("\n")
    bad = bool(result.returncode) or lines > LONGEST
    failed += bad
    print(f"{'not ' if bad else ''}ok - {path.relative_to(source)}")
    if result.returncode:
        print("# " + result.stderr.split("\n", 1)[0])
    if lines > LONGEST:
        print(f"# {lines} lines, more than {LONGEST}")
sys.exit(bool(failed))
