#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each requirement, and each failure, has tests, or a reason why not. TAP.

usage: check-requirements.py SOURCE

Tests name the requirements that they are for.
"""
import re
import sys
from pathlib import Path

source = Path(sys.argv[1])
# The letters of each page, and how many numbers each has.
PAGES = {
    "requirements.md": {"H": 18, "T": 13, "S": 15, "A": 16, "M": 14},
    "failures.md": {"C": 31, "U": 15, "P": 16},
}
NAMED_BY_TESTS = ["requirements.md"]
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$", re.M)
TESTS = re.compile(r"(tests/[\w/-]+\.(?:c|py)): ((?:/?[\w/-]+(?:, )?)+)")
REASONS = ("later", "Different: ", "ot run against the original")


def has_test(text, path):
    """A function in Python; in C the path is written in one or two pieces, or is
    that of numbered tests. A law of a suite is a row of its table, and some programs
    write their own name once."""
    if not path.startswith("/"):
        return re.search(rf"^ *(async )?def {path}\(", text, re.M)
    folder, _, rest = path[1:].partition("/")
    return (f'"{path}"' in text or f'"{path}/%u"' in text
            or f'"/{folder}/' in text and f'"{rest}"' in text
            or not rest and f'{{ "{folder}",' in text
            or f'"/{folder}/" path' in text and f'ADD ("{rest}"' in text)


def has_folder(text, path):
    """Tests below that, as of a table."""
    folder = path.rpartition("/")[2]
    return (f'"{path}/' in text or path.startswith("/") and f'("{folder}", ' in text
            or f"TEST ({folder});" in text)


def find_problems(page, number, where):
    named = TESTS.findall(where)
    if not named and not any(reason in where for reason in REASONS):
        yield "has neither a test nor a reason"
    for name, paths in named:
        if not (source / name).exists():
            yield f"{name} does not exist"
            continue
        text = (source / name).read_text()
        if page in NAMED_BY_TESTS and not re.search(rf"\b{number}\b", text):
            yield f"{name} does not name it"
        for path in filter(None, paths.split(", ")):
            if not has_test(text, path) and (page in NAMED_BY_TESTS
                                             or not has_folder(text, path)):
                yield f"{name} has no {path}"


def find_missing(page):
    """Tests that a page names, and that are not there."""
    for name, paths in TESTS.findall(page.read_text()):
        text = (source / name).read_text() if (source / name).exists() else ""
        for path in filter(None, paths.split(", ")):
            if not has_test(text, path) and not has_folder(text, path):
                yield f"{name} has no {path}"


def check_page(page, letters):
    """Pairs of what was looked at and what is wrong."""
    rows = ROW.findall((source / "tests" / page).read_text())
    for number, _, where in rows:
        yield number, list(find_problems(page, number, where))
    wanted = [f"{letter}{n}" for letter, last in letters.items() for n in range(1, last + 1)]
    is_complete = [number for number, _, _ in rows] == wanted
    yield f"{page}: each number, once and in order", [] if is_complete else ["they are not"]


results = [result for page, letters in PAGES.items() for result in check_page(page, letters)]
results.append(("trust.md", list(find_missing(source / "tests/trust.md"))))
print(f"1..{len(results)}")
for what, problems in results:
    print(f"{'not ' if problems else ''}ok - {what} {'; '.join(problems)}")
sys.exit(any(problems for _, problems in results))
