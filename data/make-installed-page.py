#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints a README of the repository as it is installed, in share/doc/hein-1: its links
lead to what is installed beside it, and what is for those who work on hein stays text.

usage: make-installed-page.py SOURCE README
"""
import os
import re
import sys
from pathlib import Path

LINK = re.compile(r"\[([^\]]+)\]\(([^)\s:#]+)(#[^)\s]*)?\)")
PAGES = "introspection/docs/"


def find_installed(path):
    """Where a file of the repository lies then; None: nowhere."""
    if path.startswith(PAGES):
        return "pages/" + path.removeprefix(PAGES)
    is_there = path.startswith("examples/") or path == "COPYING" or (
        path.startswith("plugins/") and path.endswith("README.md")
        and path.count("/") < 4)
    return path if is_there else None


def main(source, readme):
    folder = os.path.relpath(os.path.dirname(readme), source)

    def lead(link):
        target = find_installed(os.path.normpath(os.path.join(folder, link[2])))
        if target is None:
            return link[1]
        return f"[{link[1]}]({os.path.relpath(target, folder)}{link[3] or ''})"

    print(LINK.sub(lead, Path(readme).read_text(encoding="utf-8")), end="")


main(*sys.argv[1:])
