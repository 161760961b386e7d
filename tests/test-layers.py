#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom, and that each public header compiles alone. TAP.

usage: test-layers.py SOURCE BUILD CC [FLAG]...
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

source, build, *compiler = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
OWN = re.compile(r"hein")


def includes(path):
    return [name for _, name in INCLUDE.findall(path.read_text())
            if OWN.search(name) or "private" in name]


def public(name):
    return name.startswith("hein/") and "private" not in name


def breaches(path):
    """What the file includes and must not."""
    layer = path.relative_to(source).parts
    names = includes(path)
    if layer[:2] == ("hein", "io"):
        return [n for n in names if not n.startswith("hein-")
                or not (source / "hein/io" / n).exists()]
    if layer[:2] == ("hein", "tool"):
        return [n for n in names if n != "hein/hein.h"
                and not (path.parent / n).exists()]
    if layer[0] == "hein":
        is_public = path.suffix == ".h" and "private" not in path.name
        return [n for n in names if is_public and not public(n)
                or n.startswith("plugins")]
    return [n for n in names if n != "hein/hein.h"
            and not (path.parent / n).exists()]


def compiles_alone(header):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as probe:
        probe.write(f"#include <hein/{header.name}>\n")
        probe.flush()
        return subprocess.run(
            [*compiler, f"-I{source}", f"-I{build}", "-fsyntax-only", probe.name],
            capture_output=True, text=True, check=False)


files = [f for folder in ("hein", "plugins", "examples")
         for f in sorted((source / folder).rglob("*.[ch]"))]
headers = [f for f in sorted((source / "hein").glob("hein*.h"))
           if "private" not in f.name]
print(f"1..{len(files) + len(headers)}")
failed = 0
for path in files:
    bad = breaches(path)
    failed += bool(bad)
    print(f"{'not ' if bad else ''}ok - {path.relative_to(source)}"
          f"{' includes ' + ', '.join(bad) if bad else ''}")
for header in headers:
    result = compiles_alone(header)
    failed += bool(result.returncode)
    print(f"{'not ' if result.returncode else ''}ok - {header.name} alone")
    if result.returncode:
        print("# " + result.stderr.replace("\n", "\n# "))
sys.exit(bool(failed))
