# SPDX-License-Identifier: LGPL-2.1-or-later
"""Explores random networks for as long as wished, in chunks, and goes on where it was
stopped:

    meson devenv -C build tests/explore-many.py FOLDER [--networks N] [--first SEED]
        [--chunk N] [--kind NAME…]

FOLDER keeps `log`, with one line for each chunk, `next`, the seed of the next one, and
of whatever broke a rule what was said, and what happened (`KIND-SEED.txt` and `.trace`).
A chunk has the same seeds for each kind.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

# The longest that a network takes on average, on a machine that does other work.
NETWORK_MS = 500


def list_kinds(program):
    said = subprocess.run([program, "-l"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"^/explorer/(\S+)$", said, re.M)


def run_networks(program, kind, first, n, **more):
    """Returns what was said of what broke a rule; the empty string: nothing did."""
    environment = dict(os.environ, HEIN_EXPLORE_SEED=str(first), HEIN_EXPLORE=str(n), **more)
    try:
        done = subprocess.run([program, "-p", f"/explorer/{kind}"], check=False, text=True,
                              errors="replace", env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60 + n * NETWORK_MS / 1000)
    except subprocess.TimeoutExpired as trouble:
        said = trouble.stdout or b""
        return f"it has not ended\n{said.decode(errors='replace')}"
    return "" if done.returncode == 0 else f"exit status {done.returncode}\n{done.stdout}"


def find_seed(said, first, n):
    """The seed that broke a rule; of what has said none, the last one."""
    found = re.search(r"with seed (\d+)", said)
    return int(found.group(1)) if found else first + n - 1


def keep(options, kind, seed, said):
    """Runs it again for the trace, which takes longer."""
    name = f"{kind}-{seed}"
    (options.folder / f"{name}.txt").write_text(said)
    run_networks(options.program, kind, seed, 1,
                 HEIN_EXPLORE_TRACE=str(options.folder / f"{name}.trace"))


def explore_kind(options, kind, first):
    """Goes on behind each seed that breaks a rule. Returns how many did."""
    n_broken = 0
    end = first + options.chunk
    while first < end:
        said = run_networks(options.program, kind, first, end - first)
        if not said:
            break
        n_broken += 1
        seed = find_seed(said, first, end - first)
        keep(options, kind, seed, said)
        first = seed + 1
    return n_broken


def explore_chunk(options, first):
    begun = time.monotonic()
    broken = {kind: explore_kind(options, kind, first) for kind in options.kind}
    took = time.monotonic() - begun
    n = options.chunk * len(options.kind)
    line = (f"seeds {first} to {first + options.chunk - 1} of {len(options.kind)} kinds: "
            f"{n} networks in {took:.0f} s, {sum(broken.values())} broke a rule")
    line += "".join(f", {kind} {count}" for kind, count in broken.items() if count)
    with open(options.folder / "log", "a", encoding="utf-8") as log:
        print(line, file=log)
    print(line, flush=True)
    return n


def read_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", type=int, default=1000000)
    parser.add_argument("--first", type=int)
    parser.add_argument("--chunk", type=int, default=250)
    parser.add_argument("--kind", action="append")
    options = parser.parse_args(arguments)
    options.program = str(Path(os.environ.get("HEIN_EXPLORER", "tests/test-explorer")).resolve())
    options.kind = options.kind or list_kinds(options.program)
    options.folder.mkdir(parents=True, exist_ok=True)
    return options


def main(*arguments):
    options = read_options(arguments)
    place = options.folder / "next"
    first = options.first
    if first is None:
        first = int(place.read_text()) if place.exists() else 1
    n = 0
    while n < options.networks:
        n += explore_chunk(options, first)
        first += options.chunk
        place.write_text(f"{first}\n")
    print(f"{n} networks; the next seed is {first}")
    return 1 if list(options.folder.glob("*.txt")) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
