# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same seed is the same run: several processes explore the same random networks, and
what happens in each of these is the same, byte by byte and event by event. TAP.

    test-same-run.py EXPLORER NETWORKS
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tap

PROGRAM, N = sys.argv[1], int(sys.argv[2])
# So many networks were there before in one process: what they leave behind does not matter.
RUNS = ((1, N), (1, N), (1 + N // 2, N - N // 2))
# Keys and rights are files, whose folder some errors name.
FOLDER = re.compile(r"hein-explorer-\w{6}")


def list_kinds():
    said = subprocess.run([PROGRAM, "-l"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"^/explorer/(\S+)$", said, re.M)


def explore(kind, first, n, path):
    """Returns the events of each network, by its seed."""
    environment = dict(os.environ, HEIN_EXPLORE_SEED=str(first), HEIN_EXPLORE=str(n),
                       HEIN_SIMULATION_TRACE=str(path))
    done = subprocess.run([PROGRAM, "-p", f"/explorer/{kind}"], check=False, text=True,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    if not path.exists():
        raise tap.Skip("built without what this kind needs")
    networks = {}
    for line in FOLDER.sub("", path.read_text()).splitlines():
        event = json.loads(line)
        if event["kind"] == "simulation":
            lines = networks[event["seed"]] = []
        lines.append(line)
    assert sorted(networks) == list(range(first, first + n)), f"{kind}: {sorted(networks)}"
    return networks


def compare(kind, seed, first, other):
    for number, (line, another) in enumerate(zip(first, other)):
        assert line == another, f"{kind}, seed {seed}, event {number}:\n{line}\n{another}"
    assert len(first) == len(other), f"{kind}, seed {seed}: {len(first)} or {len(other)} events"


def test_kind(kind):
    with tempfile.TemporaryDirectory() as folder:
        runs = [explore(kind, first, n, Path(folder) / str(number))
                for number, (first, n) in enumerate(RUNS)]
    for other in runs[1:]:
        for seed, lines in other.items():
            compare(kind, seed, runs[0][seed], lines)


sys.exit(tap.run([(kind, test_kind, kind) for kind in list_kinds()]))
