#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each relative link of a page leads to a file and heading of the repository. TAP.

usage: check-links.py SOURCE
"""
import re
import sys
from pathlib import Path

import tap

source = Path(sys.argv[1]).resolve()
FENCED = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"(?<!\\)\]\(\s*<?([^)>\s]*)>?(?:\s+\"[^\"]*\")?\s*\)"
                  r"|^\[[^\]]+\]:\s*(\S+)", re.M)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
HEADING = re.compile(r"^#+ +(.*?) *#*$", re.M)


def find_pages():
    return sorted(path for path in source.rglob("*.md")
                  if not any(part.startswith((".", "build"))
                             for part in path.relative_to(source).parts))


def find_anchors(page):
    """What a repository's web page calls its headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    anchors, seen = set(), {}
    for heading in HEADING.findall(text):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        n_before = seen.get(slug, 0)
        anchors.add(f"{slug}-{n_before}" if n_before else slug)
        seen[slug] = n_before + 1
    return anchors


def find_links(page):
    text = CODE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    for first, second in LINK.findall(text):
        target = first or second
        if not SCHEME.match(target):
            yield target


def check_link(page, target):
    path, _, anchor = target.partition("#")
    assert path or anchor, "a link to nowhere"
    assert not path.startswith("/"), f"{target} is not relative"
    file = (page.parent / path).resolve() if path else page
    assert file.is_relative_to(source), f"{target} leaves the repository"
    assert file.exists(), f"there is no {target}"
    if anchor:
        assert anchor in find_anchors(file), f"{file.name} has no heading #{anchor}"


def check_page(page):
    for target in find_links(page):
        check_link(page, target)


pages = find_pages()
assert any(True for page in pages for _ in find_links(page)), "no page has a link"
sys.exit(tap.run([(str(page.relative_to(source)), check_page, page)
                  for page in pages]))
