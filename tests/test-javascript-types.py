#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hein-1.d.ts says of GJS what GJS has, and TypeScript works with it. TAP.

usage: test-javascript-types.py HEIN-D-TS TEST-D-TS [TEST]
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import gi
import tap

gi.require_version("Hein", "1")
from gi.module import get_introspection_module

SOURCE = Path(__file__).resolve().parent.parent
TYPES = SOURCE / "tests/types"
EXAMPLES = SOURCE / "examples"
STUB, SUITES = (Path(path).resolve() for path in sys.argv[1:3])
del sys.argv[1:3]
C = get_introspection_module("Hein")
OPTIONS = {"target": "es2022", "module": "es2022", "moduleResolution": "node",
           "moduleDetection": "force", "lib": ["es2022"], "types": [], "strict": True,
           "noEmit": True, "allowJs": True, "checkJs": True}
LAWS = """
import Hein from 'gi://Hein?version=1';
import HeinTest from 'gi://HeinTest?version=1';

HeinTest.init(['laws'], []);
HeinTest.add_strategy_plugin('mine', null, HeinTest.Promises.EVADES);
HeinTest.add_transport('mine', 'mine://here-{n}', true);
HeinTest.add_line('mine', 'mine://{tty}');
print(HeinTest.dup_laws(Hein.PluginKind.STRATEGY).length);
HeinTest.run();
"""
SYMBOLS = {"[Symbol.iterator]": "for", "[Symbol.asyncIterator]": "for await"}


def read_types():
    """What there is at the top, and in classes, each as `Class.name`."""
    names = set()
    owner = None
    for line in STUB.read_text(encoding="utf-8").splitlines():
        top = re.match(r" {4}(?:abstract )?(class|interface|enum|const|function) (\w+)",
                       line)
        if top:
            owner = top[2]
            names.add(owner)
        elif line in ("    }", "    };") or re.match(r" {4}namespace ", line):
            owner = None
        member = re.match(r" {6}(?:static |readonly |get |set )*(\[Symbol\.\w+\]|"
                          r'\["new"\]|\w+)(?:\(|<|:| =|\?)', line)
        if owner and member:
            name = SYMBOLS.get(member[1], member[1].strip('[]"'))
            names.add(f"{owner}.{name}")
    return names


def ask_gjs(*names):
    if shutil.which("gjs") is None:
        raise tap.Skip("there is no gjs")
    output = subprocess.run(["gjs", SOURCE / "tests/list-names.js", *names], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def list_introspected():
    """What the typelib has: classes, and their methods, slots and values."""
    for owner in dir(C):
        item = getattr(C, owner)
        if owner.startswith("_") or owner.endswith(("Class", "Interface")):
            continue
        yield owner
        info = getattr(item, "__info__", None)
        for kind, prefix in (("get_methods", ""), ("get_vfuncs", "vfunc_"),
                             ("get_values", "")):
            for each in getattr(info, kind, list)():
                name = each.get_name()
                if kind == "get_values":
                    name = name.upper()
                yield f"{owner}.{prefix}{name}"
        for each in getattr(info, "get_properties", list)():
            yield f"{owner}.{each.get_name().replace('-', '_')}"


def test_every_name_is_typed():
    types = read_types()
    missing = [name for name in {*list_introspected(), *ask_gjs()["names"]} - types
               if not name.endswith(".toString")]
    assert missing == [], missing


def test_every_type_is_there():
    ours = ("connect", "connect_after", "constructor", "$gtype", "$signals",
            "prototype", "new", "for", "for await")
    types = [name for name in sorted(read_types())
             if name.partition(".")[2] not in ours
             and not name.partition(".")[2].startswith("vfunc_")]
    assert len(types) > 300, len(types)
    there = set(ask_gjs(*types)["there"])
    assert set(types) == there, set(types) - there


def run_tsc(*files, tsc="tsc", options=OPTIONS):
    if shutil.which(tsc) is None:
        raise tap.Skip(f"there is no {tsc}")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "tsconfig.json")
        project.write_text(json.dumps({
            "compilerOptions": options,
            "files": [str(path) for path in (STUB, SUITES, *files)]}))
        result = subprocess.run([tsc, "--pretty", "false", "-p", project],
                                capture_output=True, text=True, check=False, cwd=folder)
        return result.stdout.splitlines()


def check_clean(*files, **options):
    said = run_tsc(*files, **options)
    assert said == [], "\n".join(said)


def test_right_program():
    check_clean(TYPES / "gjs.d.ts", TYPES / "right.ts")


def test_program_of_the_suites():
    """And what is wrong in one is found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "laws.ts")
        path.write_text(LAWS)
        check_clean(TYPES / "gjs.d.ts", path)
        path.write_text(LAWS.replace("true", "'yes'"))
        assert len(run_tsc(TYPES / "gjs.d.ts", path)) == 1


def test_wrong_program():
    """Each mistake is found, and nothing else."""
    path = TYPES / "wrong.ts"
    found = {int(match[1]) for match in
             (re.search(r"wrong\.ts\((\d+),", line)
              for line in run_tsc(TYPES / "gjs.d.ts", path)) if match}
    made = {number for number, line in enumerate(path.read_text().splitlines(), 1)
            if "// wrong" in line}
    assert made and found == made, \
        f"not found: {made - found}, found: {found - made}"


def test_examples():
    # but where GTK is used, which has no types here
    files = [path for path in sorted(EXAMPLES.rglob("*.js"))
             if "gi://Gtk" not in path.read_text()]
    assert len(files) > 3, files
    check_clean(TYPES / "gjs.d.ts", *files)


def test_types_of_ts_for_gir():
    """With the whole of GLib, GObject and Gio, where somebody has them."""
    modules = os.environ.get("HEIN_TEST_GIRS")
    if not modules:
        raise tap.Skip("HEIN_TEST_GIRS names no folder with @girs: see tests/types")
    with tempfile.TemporaryDirectory() as folder:
        imports = Path(folder, "girs.ts")
        imports.write_text("".join(f"import '@girs/{name}';\n" for name in (
            "gjs", "gjs/ambient", "gjs/dom", "gio-2.0/ambient", "glib-2.0/ambient",
            "gobject-2.0/ambient")))
        Path(folder, "node_modules").symlink_to(modules)
        check_clean(imports, TYPES / "right.ts", tsc=f"{modules}/.bin/tsc",
                    options=OPTIONS | {"moduleResolution": "bundler"})


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
