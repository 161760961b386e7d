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
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+)[>"]', re.M)
GLIB = re.compile(r"<(glib|gio|gmodule|glib-object)(/[\w-]+)?\.h")
SHARED = ('"json/hein-json.h', '"options/hein-options.h',
          '"broker/hein-broker.h', '"secret/hein-secret-password.h',
          '"secret/hein-secret-users.h',
          '"secret/hein-secret.h', '"secret/hein-secret-key.h',
          '"secret/hein-secret-stamp.h', '"secret/hein-secret-write.h',
          '"mcap/hein-mcap-alarm.h', '"mcap/hein-mcap-player.h',
          '"tcp/hein-tcp.h')
PUBLIC = re.compile(r"[<\"]hein/hein[\w-]*\.h")
# Which room may use which is what test-uses.py looks at.
ROOMS = ("io", "base", "message", "spool", "plugin-api", "websocket", "link", "core", "ask",
         "transport", "session", "plugin", "pair", "inspect", "bus", "bridge", "simulate")


def lies_in(folder, name):
    return "/" not in name and (source / folder / name[1:]).exists()


def lies_in_room(folder, name):
    """Whether it is a header of a room of the plugin that the folder belongs to."""
    if folder.parts[0] != "plugins" or name[0] == "<":
        return False
    plugin = source.joinpath(*folder.parts[:3])
    room, _, header = name[1:].rpartition("/")
    return "/" not in room and bool(room) and (plugin / room / header).exists()


def may_include(path, name):
    """Whether the file may include the name, which begins with < or \"."""
    folder = path.parent.relative_to(source)
    if str(folder) == "hein":
        return bool(GLIB.match(name) or PUBLIC.match(name))
    # what needs gdk-pixbuf is a library of its own, for programs alone
    if name.startswith("<gdk-pixbuf"):
        return str(folder) == "hein/pixbuf"
    if name == "<hein-pixbuf/hein-pixbuf.h":
        return str(folder) in ("examples", "examples/monitor")
    if name == '"config.h' or name[0] == "<" and not name.startswith("<hein"):
        return True
    if str(folder) == "hein/io":
        return lies_in(folder, name)
    if folder.parent.name == "hein" and folder.name in ROOMS:
        # how a change of a file is noticed is the same for keys and for rules
        if name == '"secret/hein-secret-stamp.h':
            return True
        # a control socket speaks JSON
        if folder.name == "inspect" and name == '"json/hein-json.h':
            return True
        room, _, header = name[1:].rpartition("/")
        return bool(PUBLIC.match(name) or lies_in(folder, name)
                    or room in ROOMS and (source / "hein" / room / header).exists())
    # a module of ours, which knows what streams are made of
    if str(folder) == "hein/tls" and name in (
            '"io/hein-cursor.h', '"io/hein-stream.h', '"io/hein-tls-module.h', *SHARED):
        return True
    # the suites, which hein's own plugins are held to as well
    if str(folder) == "hein/test" and (source / "tests" / name[1:]).exists():
        return True
    if str(folder) == "hein/tool" and name == "<hein-test/hein-suites.h":
        return True
    # what runs scripts for the registry of plugins
    if str(folder) == "hein/script" and name == '"plugin/hein-script-module.h':
        return True
    # what several plugins share is linked into each
    if str(folder).startswith("plugins") and name in SHARED:
        return True
    # the module of CURVE makes keys for the command line
    if path.name == "tool-keygen-curve.c" and name == '"zmtp/zmtp-curve.h':
        return True
    # what hein new-plugin writes, as the build makes it
    if path.name == "tool-new.c" and name == '"tool-templates.h':
        return True
    # functions of words, files or recordings alone, which the command line has as well
    if str(folder) == "hein/tool" and name in (
            '"base/hein-suggestion.h', '"inspect/hein-inspect-folder.h',
            '"json/hein-json.h', '"mcap/hein-mcap-alarm.h',
            '"mcap/hein-mcap-player.h', '"mcap/hein-mcap-recorder.h',
            '"mcap/hein-mcap-writer.h', '"secret/hein-secret.h',
            '"secret/hein-secret-key.h', '"secret/hein-secret-write.h',
            '"spool/hein-spool-index.h', '"spool/hein-spool-message.h'):
        return True
    # programs and plugins know what is public, and their own files
    return (name == "<hein/hein.h" or lies_in(folder, name)
            or lies_in_room(folder, name))


def compiles_alone(name):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as probe:
        probe.write(f"#include <{name}>\n")
        probe.flush()
        return subprocess.run(
            [*compiler, f"-I{source}", f"-I{build}", f"-I{build}/hein/pixbuf",
             "-DHEIN_COMPILATION", "-fsyntax-only", probe.name],
            capture_output=True, text=True, check=False)


files = [f for folder in ("hein", "plugins", "examples")
         for f in sorted((source / folder).rglob("*.[ch]"))]
headers = [f"hein/{f.name}" for f in sorted((source / "hein").glob("hein*.h"))]
if any("gdk-pixbuf" in flag for flag in compiler):
    headers.append("hein-pixbuf/hein-pixbuf.h")
print(f"1..{len(files) + len(headers)}")
failed = 0
for path in files:
    bad = [name[1:] for name in INCLUDE.findall(path.read_text())
           if not may_include(path, name)]
    failed += bool(bad)
    print(f"{'not ' if bad else ''}ok - {path.relative_to(source)}"
          f"{' includes ' + ', '.join(bad) if bad else ''}")
for header in headers:
    result = compiles_alone(header)
    failed += bool(result.returncode)
    print(f"{'not ' if result.returncode else ''}ok - {header} alone")
    if result.returncode:
        print("# " + result.stderr.replace("\n", "\n# "))
sys.exit(bool(failed))
