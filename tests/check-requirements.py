#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each requirement is met by tests that name it, or a reason is given. TAP.

usage: check-requirements.py SOURCE
"""
import re
import sys
from pathlib import Path

source = Path(sys.argv[1])
PAGE = source / "tests/requirements.md"
NUMBERS = [f"{letter}{number}" for letter, last in (("H", 18), ("T", 13), ("S", 15), ("A", 16),
                                                       ("M", 14))
           for number in range(1, last + 1)]
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$", re.M)
TESTS = re.compile(r"(tests/[\w/-]+\.(?:c|py)): ((?:/?[\w/-]+(?:, )?)+)")
REASONS = ("later", "Different: ", "ot run against the original")


def has_test(text, path):
    """A function in Python; in C the path is written in one or two pieces, or is
    that of numbered tests."""
    if not path.startswith("/"):
        return re.search(rf"^(async )?def {path}\(", text, re.M)
    folder, _, rest = path[1:].partition("/")
    return (f'"{path}"' in text or f'"{path}/%u"' in text
            or f'"/{folder}/' in text and f'"{rest}"' in text)


def find_problems(number, where):
    named = TESTS.findall(where)
    if not named and not any(reason in where for reason in REASONS):
        yield "has neither a test nor a reason"
    for name, paths in named:
        if not (source / name).exists():
            yield f"{name} does not exist"
            continue
        text = (source / name).read_text()
        if not re.search(rf"\b{number}\b", text):
            yield f"{name} does not name it"
        for path in paths.split(", "):
            if path and not has_test(text, path):
                yield f"{name} has no {path}"


def find_missing(page):
    """Tests that a page names, and that are not there. One that has more below it, as
    in a table of tests, may be named by its folder."""
    for name, paths in TESTS.findall(page.read_text()):
        text = (source / name).read_text() if (source / name).exists() else ""
        for path in filter(None, paths.split(", ")):
            folder = path.rpartition("/")[2]
            if not (has_test(text, path) or f'"{path}/' in text
                    or path.startswith("/") and f'("{folder}", ' in text
                    or f"TEST ({folder});" in text):
                yield f"{name} has no {path}"


rows = ROW.findall(PAGE.read_text())
print(f"1..{len(rows) + 2}")
failed = 0
for number, _, where in rows:
    problems = list(find_problems(number, where))
    failed += bool(problems)
    print(f"{'not ' if problems else ''}ok - {number} {'; '.join(problems)}")
complete = [number for number, _, _ in rows] == NUMBERS
print(f"{'' if complete else 'not '}ok - each number, once and in order")
missing = list(find_missing(source / "tests/trust.md"))
print(f"{'not ' if missing else ''}ok - trust.md {'; '.join(missing)}")
sys.exit(bool(failed) or not complete or bool(missing))
