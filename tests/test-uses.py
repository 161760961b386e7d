#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which file uses which: no ring, and nothing runs upward. TAP.

usage: test-uses.py SOURCE [--draw HOUSE]

A house is a folder with what is built of it. Its rooms are the folders in it,
listed below from the ground up; a file of a room may use its own room and the
rooms that stand in its line, all of them below. What lies in the house's own
folder is its top floor; in hein/ that are the public headers, which everybody may
include.

A file here is a .c with its private header (transport/hein-endpoint.c and
hein-endpoint-private.h), or a public header. It uses another one when it
includes a header of it, or calls a function that only that one defines. A ring
is a set of files each of which uses all others, directly or by way of more of
them: none of those can be read, tested or changed alone.

What still runs upward, and rings that are still to be opened, are listed. The
test fails when there is more, and when something that is listed is gone: then
strike it from the list.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(hein/[^>]+)>)', re.M)
DEFINITION = re.compile(r"^(?P<type>[^\n#/{};]+)\n(?P<name>[a-z]\w+) \(", re.M)
WORD = re.compile(r"\b[a-z]\w+\b")
OUTERMOST = re.compile(r"^\S.*$", re.M)
COMMENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)

# What everybody includes, and what includes everything.
APART = {"hein/hein.h", "config.h"}


def stand_on_floors(rooms):
    """The table of a house in which a room may use all that are below it."""
    rooms = rooms.split()
    return {room: rooms[:floor] for floor, room in enumerate(rooms)}


# The rooms of each house, from the ground up, and which others each may use. A
# house without rooms is one.
HOUSES = {
    "hein": stand_on_floors(
        "io base message spool plugin-api websocket link core ask session transport plugin pair inspect bus bridge simulate"),
    "hein/broker": {},
    "hein/json": {},
    "hein/mcap": {},
    "hein/options": {},
    "hein/script": {},
    "hein/secret": {},
    "hein/tcp": {},
    "hein/tls": {},
    "hein/pixbuf": {},
    "hein/test": {},
    "hein/tool": {},
    "plugins/transports/udp-multicast": {
        "datagram": [],
        "limits": ["datagram"],
        "socket": [],
        "keys": [],
        "sealed": ["datagram", "keys"],
        "repair": ["datagram", "limits"],
        "multisock": [],
        "format": ["socket"],
        "plain": ["datagram", "socket", "multisock", "format"],
        "group": ["datagram", "limits", "socket", "keys", "sealed", "repair",
                  "format"],
    },
}

# Who uses what, though its room may not: "core/hein-a transport/hein-b". Let it be
# empty.
UPWARD = {}

# Files that use each other in a ring, by house: 'one two three'.
RINGS = {}


class File:
    """All of one stem in one room."""

    def __init__(self, name, room):
        self.name = name
        self.room = room
        self.code = ""        # without comments and texts
        self.includes = set()
        self.defines = set()  # functions that others may call
        self.uses = set()


def get_name(house, room, path):
    """Of the file that the path belongs to: core/hein-run, or hein-bus.h."""
    if house == "hein" and not room:
        return path.name
    stem = path.stem.removesuffix("-private")
    return f"{room}/{stem}" if room else stem


def read_files(source, house):
    files = {}
    for room in ["", *HOUSES[house]]:
        for path in sorted((source / house / room).glob("*.[ch]")):
            if path.name == "hein.h":
                continue
            name = get_name(house, room, path)
            read_file(files.setdefault(name, File(name, room)), path)
    return files


def read_file(file, path):
    text = path.read_text()
    file.includes |= {quoted or angled for quoted, angled in INCLUDE.findall(text)}
    code = COMMENT.sub(" ", text)
    # a prototype in a header is no call
    file.code += code if path.suffix == ".c" else OUTERMOST.sub("", code)
    if path.suffix == ".c":
        file.defines |= {match["name"] for match in DEFINITION.finditer(code)
                         if not match["type"].startswith("static")}


def find_included(house, file, header, files):
    """The file that the header belongs to, or None."""
    path = Path(header)
    if house == "hein" and header.startswith("hein/"):
        return files.get(path.name)
    if path.parent.name:
        return files.get(get_name(house, str(path.parent), path))
    # of its own room, or of the house's folder
    return (files.get(get_name(house, file.room, path))
            or files.get(get_name(house, "", path)))


def find_uses(house, files):
    owners = {}
    for file in files.values():
        for name in file.defines:
            owners.setdefault(name, []).append(file)
    for file in files.values():
        for header in file.includes - APART:
            used = find_included(house, file, header, files)
            if used is not None:
                file.uses.add(used.name)
        for name in set(WORD.findall(file.code)) & owners.keys():
            if len(owners[name]) == 1:
                file.uses.add(owners[name][0].name)
        file.uses.discard(file.name)


def may_use(house, file, used):
    """Whether the room of a file may use that of another one."""
    if not file.room or used.room == file.room:
        return True
    if not used.room:
        return house == "hein"  # what is public
    return used.room in HOUSES[house][file.room]


def find_upward(house, files):
    """Pairs of names: who uses what of a room that it may not use."""
    return {f"{file.name} {used}" for file in files.values()
            for used in file.uses if not may_use(house, file, files[used])}


def find_faults(source, house):
    """What is wrong about the table: a use of what stands later in it, a room
    that is not there, a folder that is in no table."""
    rooms = HOUSES[house]
    faults, below = [], set()
    for room, used in rooms.items():
        faults += [f"the room {room} may not use {other}, which is not below it"
                   for other in used if other not in below]
        below.add(room)
    found = {str(path.parent.relative_to(source / house))
             for path in (source / house).rglob("*.[ch]")} - {"."}
    others = {str(Path(other).relative_to(house)) for other in HOUSES
              if Path(house) in Path(other).parents}
    faults += [f"no room of the table: {room}" for room in sorted(found - {*rooms, *others})]
    faults += [f"a room with nothing in it: {room}" for room in sorted({*rooms} - found)]
    return faults


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


def find_houses(source):
    """Those of the table, and each folder of a plugin that is in none."""
    for path in sorted((source / "plugins").rglob("*.c")):
        folder = path.parent.relative_to(source)
        if not any(Path(house) in folder.parents and HOUSES[house]
                   for house in HOUSES):
            HOUSES.setdefault(str(folder), {})
    return list(HOUSES)


def check(source, house):
    files = read_files(source, house)
    find_uses(house, files)
    known = [set(ring.split()) for ring in RINGS.get(house, [])]
    listed = set(UPWARD.get(house, set()))
    upward = find_upward(house, files)
    rings = find_rings(files)
    return (
        find_faults(source, house)
        + ["a ring: " + " ".join(sorted(ring)) for ring in rings if ring not in known]
        + ["no longer a ring, strike or shorten it: " + " ".join(sorted(ring))
           for ring in known if ring not in rings]
        + ["uses what its room may not: " + pair for pair in sorted(upward - listed)]
        + ["no longer so, strike it: " + pair for pair in sorted(listed - upward)])


def draw(source, house):
    files = read_files(source, house)
    find_uses(house, files)
    for file in files.values():
        print(file.name + ": " + " ".join(sorted(file.uses)))


def main():
    source = Path(sys.argv[1])
    houses = find_houses(source)
    if "--draw" in sys.argv:
        draw(source, sys.argv[-1])
        return 0
    failed = 0
    print(f"1..{len(houses)}")
    for house in houses:
        trouble = check(source, house)
        failed += bool(trouble)
        print(f"{'not ' if trouble else ''}ok - {house}")
        for line in trouble:
            print(f"# {line}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
