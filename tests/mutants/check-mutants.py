# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the explorer to mistakes: each patch beside this file breaks the library in one
way, and one of the random networks must notice it within a minute. A line "Kind: …"
says of which kind, where not of the first ones.

    check-mutants.py SOURCE FOLDER [NAME…]

FOLDER keeps the copy that is patched, and what is built of it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap  # pylint: disable=wrong-import-position

PATCHES = sorted(Path(__file__).resolve().parent.glob("*.patch"))
LIMIT_S = 60
# networks of each kind, of which the first ones find it mostly
NETWORKS = "200"
# What the explorer does without needs not be built.
OPTIONS = [f"-D{option}=disabled" for option in
           ("introspection", "vapi", "docs", "pixbuf", "monitor", "curve", "multicast",
            "python-plugins", "js-plugins", "qrencode")] + ["-Dbench=false", "-Dexamples=false"]


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, check=False, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}"
    return done.stdout


def copy_tree(source, copy):
    """What is the same keeps its time, and is not built again."""
    def is_same(old, new):
        return new.exists() and new.read_bytes() == old.read_bytes()

    def copy_new(old, new):
        if not is_same(Path(old), Path(new)):
            shutil.copyfile(old, new)
            shutil.copymode(old, new)

    shutil.copytree(source, copy, copy_function=copy_new, dirs_exist_ok=True, symlinks=True,
                    ignore=shutil.ignore_patterns("build*", ".git", "*.pyc"))


def get_targets(build):
    """The explorer, and the modules that it loads."""
    modules = re.findall(r"^((?:plugins/|hein/tls/)\S+\.so): ",
                         run("ninja", "-t", "targets", "all", cwd=build), re.M)
    return ["tests/test-explorer", *sorted(set(modules))]


class Lane:
    def __init__(self, source, folder):
        self.copy = folder / "source"
        self.build = folder / "build"
        os.umask(0o022)
        copy_tree(source, self.copy)
        if not (self.build / "build.ninja").exists():
            run("meson", "setup", *OPTIONS, str(self.build), cwd=self.copy)
        self.targets = get_targets(self.build)

    def compile(self):
        run("ninja", *self.targets, cwd=self.build)

    def explore(self, kind=""):
        """What the explorer says of the first rule that is broken, or None."""
        command = ["meson", "devenv", "-C", str(self.build), "tests/test-explorer",
                   "-p", f"/explorer{kind and '/'}{kind}"]
        environment = dict(os.environ, HEIN_EXPLORE=NETWORKS, HEIN_EXPLORE_SEED="1")
        process = subprocess.Popen(command, text=True, errors="replace", env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            said = process.communicate(timeout=LIMIT_S)[0]
        except subprocess.TimeoutExpired:
            # the explorer is a child of that process
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None
        if process.returncode == 0:
            return None
        rules = re.findall(r"^# (.* parties, .*)$", said, re.M)
        return rules[0] if rules else said[-300:]

    def patch(self, patch, *options):
        run("patch", "--quiet", "-p1", "--input", str(patch), *options, cwd=self.copy)


def test_holds(lane):
    lane.compile()
    broken = lane.explore()
    assert broken is None, broken


def test_mutant(lane, patch):
    kinds = re.findall(r"^Kind: (.*)$", patch.read_text(), re.M)
    lane.patch(patch)
    try:
        lane.compile()
        broken = lane.explore(*kinds)
    finally:
        lane.patch(patch, "--reverse")
    assert broken is not None, f"nothing was noticed: {patch.read_text().splitlines()[0]}"
    print(f"# {broken}")


def main(source, folder, *names):
    lane = Lane(Path(source).resolve(), Path(folder).resolve())
    return tap.run([("mutants/none", test_holds, lane)] + [
        (f"mutants/{patch.stem}", test_mutant, lane, patch)
        for patch in PATCHES if not names or patch.stem in names])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
