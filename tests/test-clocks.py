#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Time and chance are those of the world a bus is in: who asks the system for them has a
reason, which stands here. TAP.

usage: test-clocks.py SOURCE
"""
import re
import sys
from pathlib import Path

source = Path(sys.argv[1])

ASKS = re.compile(
    r"\b(g_get_monotonic_time|g_get_real_time|g_timeout_\w+|g_source_set_ready_time|"
    r"g_source_get_time|g_random_\w+|g_rand_new|g_usleep|g_date_time_new_now\w*|timerfd_create|"
    r"clock_gettime|gettimeofday|getrandom|nanosleep|usleep|time) \(")
COMMENT = re.compile(r"/\*.*?\*/", re.S)

SAME = "it is where the two worlds part"
THREAD = "a thread of its own, which lives in the real world"
PROCESS = "shared by all threads of the process"
SECRET = "a secret, or what people compare: no seed may give it again"
GNUTLS = "certificates are checked by GnuTLS, which has the real time"
TOOL = "a program of its own, which runs in no simulation"

REASONS = {
    "hein/base/hein-timeout.c": SAME,
    "hein/io/hein-loop.c": SAME,
    "hein/io/hein-world.c": SAME,
    "hein/io/hein-world.h": SAME,
    "hein/simulate/hein-sim-source.c": SAME,
    "hein/base/hein-hash.c": PROCESS,
    "hein/io/hein-block.c": PROCESS,
    "hein/io/hein-thread.c": THREAD + ": it is waited for",
    "hein/spool/hein-spool-folder.c": "it waits for another process",
    "hein/spool/hein-spool-writer.c": THREAD,
    "hein/pair/hein-pairing.c": THREAD,
    "hein/pair/hein-pairing-code.c": SECRET,
    "hein/tls/tls-pair.c": THREAD,
    "hein/tls/tls-pair-files.c": "it waits for another process",
    "hein/tls/tls-pair-talk.c": THREAD,
    "hein/tls/tls-issue.c": GNUTLS,
    "hein/tls/tls-authorities.c": GNUTLS,
    "hein/tls/tls-certificates.c": GNUTLS,
    "hein/mcap/hein-mcap-alarm.c": "a recording is played in the real time",
    "hein/mcap/hein-mcap-player.c": "a recording is played in the real time",
    "hein/mcap/hein-mcap-recorder.c": TOOL,
    "plugins/transports/udp-multicast/sealed/mc-sealer.c":
        "what no two copies of a machine have in common",
    "plugins/transports/udp-multicast/hein-udp-multicast.c":
        "a change of the network, told by another thread",
}


def asks(path):
    return bool(ASKS.search(COMMENT.sub("", path.read_text())))


def find():
    for folder in ("hein", "plugins"):
        for path in sorted((source / folder).rglob("*.[ch]")):
            name = str(path.relative_to(source))
            if not name.startswith("hein/tool/") and asks(path):
                yield name


found = set(find())
unknown, unused = sorted(found - set(REASONS)), sorted(set(REASONS) - found)
for name in unknown:
    print(f"# {name} asks the system for time or chance: hein_world_get_us () and its "
          "neighbours, or those of hein-clock.h, work in a simulation, too")
for name in unused:
    print(f"# {name} asks for nothing any more: its reason can go")
print("1..1")
print("not ok 1 clocks" if unknown or unused else "ok 1 clocks")
sys.exit(bool(unknown or unused))
