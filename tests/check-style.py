#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The formatter agrees with every file, no file is two ideas, and comments keep
to the width of the code, which the formatter does not see to. TAP.

usage: check-style.py SOURCE CLANG-FORMAT
"""
import re
import subprocess
import sys
from pathlib import Path

source, formatter = Path(sys.argv[1]), sys.argv[2]
LONGEST = 1100  # lines, documentation included
WIDTH = 80
# Where comments keep to WIDTH; elsewhere to WIDEST. Let it become all of them.
NARROW = ("base", "bus", "core", "io", "link", "message", "plugin",
          "plugin-api", "session", "tool", "transport")
WIDEST = 100
FOLDERS = ("hein", "plugins", "examples", "tests")

COMMENT = re.compile(r"^\s*(/\*|\*)")
# What a line of its own is for gi-docgen and for Markdown.
UNBROKEN = re.compile(r"\(attributes |^\s*\* \|")


def is_narrow(path):
    """Whether comments of the file keep to WIDTH already."""
    folder = path.parent.relative_to(source)
    return folder.parts == ("hein",) or folder.parts[0] == "hein" and folder.name in NARROW


def find_wide(path, text):
    """The numbers of lines of comments that are too long."""
    width = WIDTH if is_narrow(path) else WIDEST
    return [number for number, line in enumerate(text.split("\n"), 1)
            if len(line) > width and COMMENT.match(line) and not UNBROKEN.search(line)]


files = [f for folder in FOLDERS for f in sorted((source / folder).rglob("*.[ch]"))]
print(f"1..{len(files)}")
failed = 0
for path in files:
    result = subprocess.run([formatter, "--dry-run", "-Werror", path],
                            capture_output=True, text=True, check=False)
    text = path.read_text()
    lines = text.count("\n")
    wide = find_wide(path, text)
    bad = bool(result.returncode) or lines > LONGEST or bool(wide)
    failed += bad
    print(f"{'not ' if bad else ''}ok - {path.relative_to(source)}")
    if result.returncode:
        print("# " + result.stderr.split("\n", 1)[0])
    if lines > LONGEST:
        print(f"# {lines} lines, more than {LONGEST}")
    for number in wide:
        print(f"# line {number}: this comment is too long")
sys.exit(bool(failed))
