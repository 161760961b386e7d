#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever can compute the hash of a key can choose a thousand keys that meet in
one place of a table. So no table whose keys come from outside uses a hash of
GLib's: hein_hash_text and hein_hash_data have a key of their own. Files that use
one all the same are named here, with where their keys come from. TAP.

usage: check-hashes.py SOURCE
"""
import re
import sys
from pathlib import Path

FOLDERS = ("hein", "plugins", "examples")
HASH = re.compile(r"\bg_(?:str|int|int64|double|bytes|variant|date|network_\w+)_hash\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

# g_direct_hash, which is that of tables of pointers, is not looked for: nobody
# outside chooses an address of this process.
OWN_KEYS = {
    "examples/monitor/monitor-local.c": "buses of this user, by their random instances",
    "examples/monitor/monitor-locals.c": "files in the folder of this user",
    "hein/plugin/hein-plugin-load.c": "names that this program asks for",
    "hein/plugin/hein-plugin-module.c": "names that this program asks for",
    "hein/simulate/hein-sim-host.c": "hosts of a test",
    "hein/spool/hein-spool-index.c": "numbers that this side has counted",
    "plugins/protocols/aiomsg/aiomsg-confirm.c": "numbers that this side has counted",
    "plugins/protocols/mqtt/mqtt-filters.c": "what this program subscribes to",
    "plugins/protocols/mqtt/mqtt-subscribe.c": "what this program subscribes to",
    "plugins/protocols/nats/nats-filters.c": "what this program subscribes to",
    "plugins/protocols/nats/nats-subscribe.c": "what this program subscribes to",
    "plugins/protocols/nats/nats-tree.c": "what this program subscribes to",
    "plugins/protocols/zmtp/zmtp-curve-peers.c": "what the owner has written to a file",
    "plugins/protocols/zmtp/zmtp-curve-setup.c": "what this program's addresses say",
    "plugins/transports/inproc/hein-inproc-names.c": "names within this process",
}


def find_hashes(text):
    return HASH.findall(COMMENT.sub("", text))


def check_itself():
    bad = ("t = g_hash_table_new (g_str_hash, g_str_equal);", "g_int64_hash (&id)")
    good = ("/* in place of g_str_hash () */", "hein_hash_text (t)", "g_direct_hash (p)")
    return all(map(find_hashes, bad)) and not any(map(find_hashes, good))


source = Path(sys.argv[1])
found = {str(path.relative_to(source)) for folder in FOLDERS
         for path in (source / folder).rglob("*.[ch]") if find_hashes(path.read_text())}
lines = [(check_itself(), "the check knows good from bad", ()),
         (found <= OWN_KEYS.keys(), "hashes of GLib's are for keys of one's own",
          found - OWN_KEYS.keys()),
         (OWN_KEYS.keys() <= found, "each file that is named uses one",
          OWN_KEYS.keys() - found)]
print(f"1..{len(lines)}")
for number, (is_right, text, paths) in enumerate(lines, 1):
    print(f"{'ok' if is_right else 'not ok'} {number} - {text}")
    for path in sorted(paths):
        print(f"# {path}")
sys.exit(not all(is_right for is_right, _, _ in lines))
