#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein new-plugin`: what it writes is complete, and keeps the laws as it is. The
modules in C are built and checked by test-installed.py. Prints TAP."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import TOOL, has, same

HAS = os.environ.get("HEIN_SCRIPTS", "").split()
KINDS = ("transport", "protocol", "strategy")


def run(folder, *args):
    done = subprocess.run([TOOL, *args], capture_output=True, text=True, timeout=600,
                          cwd=folder, check=False)
    return done.returncode, done.stdout, done.stderr


def test_files():
    with tempfile.TemporaryDirectory(prefix="hein-new-") as folder:
        for suffix, options in ((".c", []), (".py", ["--python"]), (".js", ["--js"])):
            for kind in KINDS:
                name = f"my-{suffix[1:]}-{kind}"
                old = os.umask(0)
                status, out, errors = run(folder, "new-plugin", kind, name, *options)
                os.umask(old)
                same((status, errors), (0, ""))
                made = Path(folder, f"hein-{name}")
                same(sorted(path.name for path in made.iterdir()),
                     ["README.md", f"hein-{name}{suffix}", "meson.build"])
                for path in (made, *made.iterdir()):
                    same((path, path.stat().st_mode & 0o022), (path, 0))
                has(out, *(f"hein-{name}/{path.name}\n" for path in made.iterdir()), "Now: cd ")
                for path in made.iterdir():
                    has(path.read_text(), f"{name}")
                    assert not re.search(r"@\w+@", path.read_text()), path


def check(options, language):
    if language not in HAS:
        raise tap.Skip(f"built without plugins in {language}")
    with tempfile.TemporaryDirectory(prefix="hein-new-") as folder:
        for kind in KINDS:
            name = f"made-{kind}"
            same(run(folder, "new-plugin", kind, name, *options)[0], 0)
            file = next(Path(folder, f"hein-{name}").glob("hein-*"))
            status, out, errors = run(folder, "check-plugin", file)
            assert status == 0, out + errors
            has(out, f"{name} ({kind}, ", " 0 broken")


def test_python_keeps_the_laws():
    check(["--python"], "python")


def test_javascript_keeps_the_laws():
    check(["--js"], "js")


def test_wrong_use():
    with tempfile.TemporaryDirectory(prefix="hein-new-") as folder:
        for args, status, text in (
                ((), 2, "takes a kind and a name"),
                (("strategy",), 2, "takes a kind and a name"),
                (("filter", "x"), 2, "not a 'filter'"),
                (("strategy", "X"), 2, "lower case letters"),
                (("strategy", "1x"), 2, "lower case letters"),
                (("strategy", ""), 2, "lower case letters"),
                (("strategy", "../x"), 2, "lower case letters"),
                (("strategy", "x" * 65), 2, "lower case letters"),
                (("strategy", "x", "--python", "--js"), 2, "one of them"),
                (("transport", "tcp"), 1, "the name 'tcp' is taken"),
                (("transport", "hein"), 1, "the name 'hein' is taken"),
                (("strategy", "sticky"), 1, "the name 'sticky' is taken")):
            got, out, errors = run(folder, "new-plugin", *args)
            same((args, got, out), (args, status, ""))
            has(errors, text)
        same(os.listdir(folder), [])
        same(run(folder, "new-plugin", "strategy", "x")[0], 0)
        status, out, errors = run(folder, "new-plugin", "strategy", "x")
        same((status, out), (1, ""))
        has(errors, "hein-x: File exists")


sys.exit(tap.run_functions(globals()))
