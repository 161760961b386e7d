#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The formatter agrees with every file, no file is two ideas, comments keep to
the width of the code, which the formatter does not check, and every file of the
library begins with a comment that says what lives there. TAP.

usage: check-style.py SOURCE CLANG-FORMAT
"""
import re
import subprocess
import sys
from pathlib import Path

source, formatter = Path(sys.argv[1]), sys.argv[2]
LONGEST = 1100  # lines, documentation included
WIDTH = 80
WIDEST = 100  # of comments outside of hein/
FOLDERS = ("hein", "plugins", "examples", "tests")

LICENCE = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
COMMENT = re.compile(r"^\s*(/\*|\*)")
# What a line of its own is for gi-docgen and for Markdown.
UNBROKEN = re.compile(r"\(attributes |^\s*\* \|")
# A line of code: neither preprocessing nor G_BEGIN_DECLS nor blank.
CODE = re.compile(r"^(?!#|G_BEGIN_DECLS$|\s*$)", re.MULTILINE)
# Where a comment may go on without a blank line: it is about the file's one type.
TYPE = re.compile(r"\n(typedef|struct) ")
FORMATTER_SAYS = re.compile(r"(/[^:]+):\d+:\d+: ")
SENTENCE = re.compile(r"[A-Z`].*\w.*[.:](\s|$)", re.DOTALL)


def is_library(path):
    """Whether the file is one of hein/."""
    return path.relative_to(source).parts[0] == "hein"


def introduces(path, text):
    """Whether the first comment after the licence says what lives in the file: a
    sentence before any code, which is not about the first function alone."""
    text = text.removeprefix(LICENCE)
    first = re.search(r"/\*.*?\*/", text, re.DOTALL)
    if first is None or CODE.search(text[:first.start()]):
        return False
    behind = text[first.end():]
    if not (behind.startswith("\n\n") or first[0].startswith("/**")
            or path.suffix == ".h" and TYPE.match(behind)):
        return False
    words = re.sub(r"^\s*/?\*+/?|\*/$", "", first[0], flags=re.MULTILINE).split()
    return len(words) >= 4 and bool(SENTENCE.match(" ".join(words)))


def find_wide(path, text):
    """The numbers of lines of comments that are too long."""
    width = WIDTH if is_library(path) else WIDEST
    return [number for number, line in enumerate(text.split("\n"), 1)
            if len(line) > width and COMMENT.match(line) and not UNBROKEN.search(line)]


def format_all(paths):
    """What the formatter says first of each file that it does not agree with; it is
    asked once, for starting it takes longer than what it does."""
    result = subprocess.run([formatter, "--dry-run", "-Werror", *paths],
                            capture_output=True, text=True, check=False)
    said = {}
    for line in result.stderr.split("\n"):
        if found := FORMATTER_SAYS.match(line):
            said.setdefault(Path(found[1]), line)
    if result.returncode and not said:
        sys.exit(f"the formatter fails: {result.stderr}")
    return said


def find_faults(path, unformatted):
    """What is wrong with the style of a file, in words."""
    text = path.read_text()
    if path in unformatted:
        yield unformatted[path]
    if text.count("\n") > LONGEST:
        yield f"{text.count(chr(10))} lines, more than {LONGEST}"
    if is_library(path) and not introduces(path, text):
        yield "does not begin with a comment, in a sentence, on what lives here"
    for number in find_wide(path, text):
        yield f"line {number}: this comment is too long"


files = [f for folder in FOLDERS for f in sorted((source / folder).rglob("*.[ch]"))]
print(f"1..{len(files)}")
unformatted = format_all(files)
failed = 0
for path in files:
    faults = list(find_faults(path, unformatted))
    failed += bool(faults)
    print(f"{'not ' if faults else ''}ok - {path.relative_to(source)}")
    for fault in faults:
        print(f"# {fault}")
sys.exit(bool(failed))
