# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each patch of this folder says what it breaks, and applies to the source: see
check-mutants.py."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap  # pylint: disable=wrong-import-position

PATCHES = sorted(Path(__file__).resolve().parent.glob("*.patch"))


def test_patch(patch, source):
    first = patch.read_text().splitlines()[0]
    assert first.endswith(".") and len(first) <= 100, "the first line says what it breaks"
    done = subprocess.run(
        ["patch", "--dry-run", "--batch", "--fuzz=0", "-p1", "--input", str(patch)],
        cwd=source, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_number():
    assert len(PATCHES) >= 10


def main(source):
    return tap.run([("mutants/number", test_number)] + [
        (f"mutants/{patch.stem} applies", test_patch, patch, source) for patch in PATCHES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
