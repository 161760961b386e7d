#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which file uses which: no ring, and nothing runs upward. TAP.

usage: test-uses.py SOURCE [--draw FOLDER]

A file here is a .c with its private header (hein-turn.c and
hein-turn-private.h are hein-turn), or a public header.  It uses another one when it includes a
header of it, or calls a function that only that one defines.  A ring is a set
of files each of which uses all others, directly or by way of more of them:
none of those can be read, tested or changed alone.

Rings that are still to be opened are listed below.  The test fails when one of
them grows, when there is another one, and when a file that is listed has left
its ring: then strike it from the list.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"|^\s*#\s*include\s*<(hein/[^>]+)>',
                     re.M)
DEFINITION = re.compile(r"^(?P<type>[^\n#/{};]+)\n(?P<name>[a-z]\w+) \(", re.M)
WORD = re.compile(r"\b[a-z]\w+\b")
OUTERMOST = re.compile(r"^\S.*$", re.M)
COMMENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)

# What everybody includes, and what includes everything.
APART = {"hein/hein.h", "config.h"}
FOLDERS = ["hein", "hein/io", "hein/json", "hein/tcp", "hein/pixbuf",
           "hein/tool"]

RINGS = {
    "plugins/transports/udp-multicast": [
        "hein-udp-multicast udp-multicast-open udp-multicast-options",
        "mc-cipher mc-sealed",
        "mc-gaps mc-reassembly mc-receiver mc-reorder mc-stream",
        "mc-group mc-group-admit mc-group-hear mc-group-members mc-group-send",
        "mc-socket mc-socket-join",
    ],
}


class File:
    """All of one stem in one folder."""

    def __init__(self, name):
        self.name = name
        self.code = ""        # without comments and texts
        self.includes = set()
        self.defines = set()  # functions that others may call
        self.uses = set()


def get_name(folder, path):
    """Of the file that the path belongs to."""
    is_public = (folder == "hein" and path.suffix == ".h"
                 and not path.stem.endswith("-private"))
    return path.name if is_public else path.stem.removesuffix("-private")


def read_files(source, folder):
    files = {}
    for path in sorted((source / folder).glob("*.[ch]")):
        if path.name == "hein.h":
            continue
        name = get_name(folder, path)
        file = files.setdefault(name, File(name))
        text = path.read_text()
        file.includes |= {quoted or angled
                          for quoted, angled in INCLUDE.findall(text)}
        code = COMMENT.sub(" ", text)
        # a prototype in a header is no call
        file.code += code if path.suffix == ".c" else OUTERMOST.sub("", code)
        if path.suffix == ".c":
            file.defines |= {match["name"] for match in DEFINITION.finditer(code)
                             if not match["type"].startswith("static")}
    return files


def find_uses(folder, files):
    owners = {}
    for file in files.values():
        for name in file.defines:
            owners.setdefault(name, []).append(file)
    for file in files.values():
        for header in file.includes - APART:
            used = files.get(get_name(folder, Path(header)))
            if used is not None:
                file.uses.add(used.name)
        for name in set(WORD.findall(file.code)) & owners.keys():
            if len(owners[name]) == 1:
                file.uses.add(owners[name][0].name)
        file.uses.discard(file.name)


def find_rings(files):
    """Strongly connected components of more than one file (Tarjan)."""
    order, low, stack, rings = {}, {}, [], []

    def visit(name):
        order[name] = low[name] = len(order)
        stack.append(name)
        for used in sorted(files[name].uses):
            if used not in order:
                visit(used)
                low[name] = min(low[name], low[used])
            elif used in stack:
                low[name] = min(low[name], order[used])
        if low[name] == order[name]:
            ring = set(stack[stack.index(name):])
            del stack[stack.index(name):]
            if len(ring) > 1:
                rings.append(ring)

    for name in sorted(files):
        if name not in order:
            visit(name)
    return rings


def find_folders(source):
    plugins = {path.parent for path in (source / "plugins").rglob("*.c")}
    return FOLDERS + sorted(str(path.relative_to(source)) for path in plugins)


def check(source, folder):
    files = read_files(source, folder)
    find_uses(folder, files)
    known = [set(ring.split()) for ring in RINGS.get(folder, [])]
    trouble = []
    for ring in find_rings(files):
        if ring not in known:
            trouble.append("a ring: " + " ".join(sorted(ring)))
        else:
            known.remove(ring)
    trouble += ["no longer a ring, strike or shorten it: " + " ".join(sorted(ring))
                for ring in known]
    return trouble


def draw(source, folder):
    files = read_files(source, folder)
    find_uses(folder, files)
    for file in files.values():
        print(file.name + ": " + " ".join(sorted(file.uses)))


def main():
    source = Path(sys.argv[1])
    if "--draw" in sys.argv:
        draw(source, sys.argv[-1])
        return 0
    folders = find_folders(source)
    failed = 0
    print(f"1..{len(folders)}")
    for folder in folders:
        trouble = check(source, folder)
        failed += bool(trouble)
        print(f"{'not ' if trouble else ''}ok - {folder}")
        for line in trouble:
            print(f"# {line}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
