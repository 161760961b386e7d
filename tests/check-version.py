#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hein has one version, and all say it. TAP.

Bindings refuse what a `Since` says is newer than the library that is there, so
none may be.

usage: check-version.py SOURCE BUILD VERSION TOOL
"""
import re
import subprocess
import sys
from pathlib import Path

source, build, version, tool = (Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
TAG = re.compile(r"^ \* Since: *(.*)$", re.M)
NUMBER = re.compile(r"\d+\.\d+")


def to_numbers(text):
    return tuple(int(n) for n in text.split("."))


def find_tags():
    for folder in ("hein", "plugins"):
        for path in sorted((source / folder).rglob("*.[chi]*")):
            for tag in TAG.findall(path.read_text(errors="replace")):
                yield path.relative_to(source), tag


def is_released(tag):
    """Whether this version has it: major and minor, never newer."""
    return bool(NUMBER.fullmatch(tag)) and to_numbers(tag) <= to_numbers(version)[:2]


def find(path, pattern):
    """What a file says, None where it was not built or does not say it."""
    if not path.exists():
        return None
    found = re.search(pattern, path.read_text(), re.M)
    return found[1] if found else "nothing"


tags = list(find_tags())
newer = [f"{path}: Since {tag}" for path, tag in tags if not is_released(tag)]
says = {
    "the news begin with it": find(source / "data/NEWS.md", r"^## ([\d.]+)"),
    "the manual's footer": find(build / "data/hein.1", r'"hein ([\d.]+)"'),
    "pkg-config": find(build / "meson-private/hein-1.pc", r"^Version: (.*)"),
    "the reference": find(build / "introspection/docs/hein.toml", r'^version = "(.*)"'),
    "hein --version": subprocess.run([tool, "--version"], text=True, check=True,
                                     capture_output=True).stdout.split()[-1],
}
print(f"1..{len(says) + 2}")
failed = 0
for what, found in says.items():
    ok = found in (None, version)
    failed += not ok
    print(f"{'' if ok else 'not '}ok - {what}: {found}")
ok = len(tags) > 100
print(f"{'' if ok else 'not '}ok - {len(tags)} things say since when they are there")
failed += (not ok) + bool(newer)
print(f"{'not ' if newer else ''}ok - none is newer than {version} {'; '.join(newer[:5])}")
sys.exit(bool(failed))
