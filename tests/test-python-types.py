#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hein.pyi says of Python what Python has, and mypy works with it. TAP.

usage: test-python-types.py HEIN-PYI TEST-PYI PIXBUF-PYI|- [TEST]
"""
import ast
import functools
import inspect
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Gio, GLib, GObject, Hein

SOURCE = Path(__file__).resolve().parent.parent
TYPES = SOURCE / "tests/types"
EXAMPLES = SOURCE / "examples"
STUB, SUITES, PIXBUF = sys.argv[1:4]
del sys.argv[1:4]
# classes of others, whose names are not hein's
FOREIGN = (GObject.Object, GObject.GInterface, GObject.GBoxed, GObject.GPointer,
           GObject.GEnum, GLib.Error, Gio.ListModel)
# what a class of Python has anyway, and what the override needs of it
COMMON = {"__dict__", "__doc__", "__module__", "__weakref__", "__gtype__", "__info__",
          "__repr__", "__del__", "__init_subclass__", "__str__", "__annotations__",
          "__gsignals__"}
LAWS = """
import sys
import gi
gi.require_version("HeinTest", "1")
from gi.repository import Hein, HeinTest

HeinTest.init(sys.argv, [])
HeinTest.add_strategy_plugin("mine", None, HeinTest.Promises.EVADES)
HeinTest.add_transport("mine", "mine://here-{n}", True)
HeinTest.add_line("mine", "mine://{tty}")
print(HeinTest.dup_laws(Hein.PluginKind.STRATEGY))
sys.exit(HeinTest.run())
"""


def parse():
    return ast.parse(Path(STUB).read_text(encoding="utf-8"))


def name_of(node):
    if isinstance(node, ast.AnnAssign):
        return node.target.id
    if isinstance(node, ast.Assign):
        return node.targets[0].id
    return getattr(node, "name", None)


def read_classes():
    """By name: what is defined in each, and which classes of hein it has for bases."""
    return {node.name: ({name_of(child): child for child in node.body
                         if name_of(child) is not None},
                        [ast.unparse(base) for base in node.bases])
            for node in parse().body if isinstance(node, ast.ClassDef)}


def list_stub_members(classes, name):
    own, bases = classes[name]
    members = set(own)
    for base in bases:
        if base in classes:
            members |= list_stub_members(classes, base)
    return members


def is_public(name):
    return not name.startswith("_")


def list_members(cls):
    """The public names of a class that it has not of GObject, and the special ones
    of the override."""
    known = {name for base in FOREIGN if issubclass(cls, base) for name in dir(base)}
    names = {name for name in dir(cls) if is_public(name)}
    special = {name for base in cls.__mro__ if ".overrides.Hein" in base.__module__
               for name in vars(base) if name.startswith("__")} - COMMON
    return names - known | special


def list_module():
    return {name for name in dir(Hein) if is_public(name)}


def test_every_name_of_the_module():
    names = {name_of(node) for node in parse().body
             if not isinstance(node, (ast.Import, ast.ImportFrom))} - {None}
    assert {name for name in names if is_public(name)} == list_module(), \
        {name for name in names if is_public(name)} ^ list_module()


def test_every_name_of_classes():
    classes = read_classes()
    for name in list_module():
        cls = getattr(Hein, name)
        if not isinstance(cls, type):
            continue
        known = {each for base in FOREIGN if issubclass(cls, base)
                 for each in dir(base)} | {"Props", "__init__", "__new__"}
        said = list_stub_members(classes, name) - known
        if not issubclass(cls, GObject.Object):  # slots of an interface: unseen
            said = {member for member in said if not member.startswith("do_")}
        there = list_members(cls) - known
        assert said == there, (name, said ^ there)


def test_every_property():
    """Those of GObject, and whether they can be set."""
    classes = read_classes()
    for name in list_module():
        cls = getattr(Hein, name)
        if not isinstance(cls, type) or not issubclass(cls, GObject.Object):
            continue
        own = [spec for spec in cls.list_properties() if spec.owner_type == cls.__gtype__]
        props = classes[name][0].get("Props")
        said = set() if props is None else {
            (child.name, len(child.args.args) == 2) for child in props.body
            if isinstance(child, ast.FunctionDef)}
        for spec in own:
            attribute = spec.name.replace("-", "_")
            can_set = bool(spec.flags & GObject.ParamFlags.WRITABLE) and \
                not spec.flags & GObject.ParamFlags.CONSTRUCT_ONLY
            assert (attribute, False) in said, f"{name}.{attribute}"
            assert ((attribute, True) in said) == can_set, f"{name}.{attribute}"
        assert {item for item, _ in said} == \
            {spec.name.replace("-", "_") for spec in own}, name


def test_every_value():
    classes = read_classes()
    for name in list_module():
        cls = getattr(Hein, name)
        if not isinstance(cls, type) or not (
                issubclass(cls, GObject.GEnum) or cls is Hein.Error):
            continue
        said = {key: child.value.value for key, child in classes[name][0].items()
                if key.isupper()}
        there = {key: int(getattr(cls, key)) for key in dir(cls) if key.isupper()}
        assert said == there, name


def list_signatures():
    """Each function of the override: its name, what it is, what the types say."""
    for name, (members, _) in read_classes().items():
        cls = getattr(Hein, name, None)
        for node in ast.walk(next(each for each in parse().body
                                  if getattr(each, "name", None) == name)):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or \
                    cls is None or members.get(node.name) is None:
                continue
            function = inspect.unwrap(inspect.getattr_static(cls, node.name, None))
            function = getattr(function, "__func__", function)
            if inspect.isfunction(function):
                yield f"{name}.{node.name}", function, node


def list_calls(given):
    """With all arguments: by place, and by name where that may be."""
    places = [each.arg for each in [*given.posonlyargs, *given.args]]
    keywords = [each.arg for each in given.kwonlyargs]
    yield places, keywords
    n_by_place = len(given.posonlyargs) or int(places[:1] in (["self"], ["cls"]))
    if not given.vararg:
        yield places[:n_by_place], places[n_by_place:] + keywords


def test_parameters():
    """Each call that the types allow is one that the function takes, under the
    same names, and with the same defaults."""
    count = 0
    for name, function, node in list_signatures():
        given = node.args
        signature = inspect.signature(function)
        if "properties" in signature.parameters or name == "Message.__init__":
            continue
        try:
            for args, keywords in list_calls(given):
                signature.bind(*args, **{each: 0 for each in keywords})
        except TypeError as error:
            raise AssertionError(f"{name}: {error}, which has {signature}") from None
        places = [*given.posonlyargs, *given.args]
        for item, default in [*zip(reversed(places), reversed(given.defaults)),
                              *zip(given.kwonlyargs, given.kw_defaults)]:
            there = signature.parameters.get(item.arg)
            if there is not None and isinstance(default, ast.Constant) and \
                    there.default is not inspect.Parameter.empty:
                assert default.value == there.default, f"{name}: {item.arg}"
        count += 1
    assert count > 40, count


def gives_something(function):
    """Whether a function has a result, or is a generator."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    inner = [node for child in ast.walk(tree) if child is not tree and
             isinstance(child, (ast.FunctionDef, ast.Lambda)) for node in ast.walk(child)]
    return any(isinstance(node, (ast.Return, ast.Yield)) and node.value is not None
               and node not in inner for node in ast.walk(tree))


def test_results():
    """What has no result in the override has none in the types."""
    for name, function, node in list_signatures():
        said = ast.unparse(node.returns)
        if ast.unparse(node.returns) == "None" and "callback" in ast.unparse(node.args):
            continue  # of an overload: with a callback there is nothing to await
        assert gives_something(function) == (said != "None"), f"{name}: {said}"


@functools.cache
def lay_out(folder):
    """As they are installed, and beside those of pygobject-stubs."""
    shutil.copytree(TYPES / "gi", Path(folder, "gi"))
    shutil.copy(STUB, Path(folder, "gi/repository/Hein.pyi"))
    shutil.copy(SUITES, Path(folder, "gi/repository/HeinTest.pyi"))
    if PIXBUF != "-":
        shutil.copy(PIXBUF, Path(folder, "gi/repository/HeinPixbuf.pyi"))


def run_mypy(*command):
    """What it says: lines."""
    if shutil.which("mypy") is None:
        raise tap.Skip("there is no mypy")
    lay_out(FOLDER)
    result = subprocess.run(
        [shutil.which("mypy"), "--strict", "--cache-dir", FOLDER / "cache",
         "--config-file=", "--no-error-summary", "--no-color-output",
         "--hide-error-context", *command],
        capture_output=True, text=True, check=False, env={"MYPYPATH": str(FOLDER)})
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.stdout.splitlines()


def check_clean(*command):
    said = run_mypy(*command)
    assert said == [], "\n".join(said)


def test_the_types_themselves():
    check_clean(STUB)


def test_right_program():
    check_clean(TYPES / "right.py")


def test_program_of_the_suites():
    """And what is wrong in one is found."""
    path = Path(FOLDER, "laws.py")
    path.write_text(LAWS)
    check_clean(path)
    path.write_text(LAWS.replace("True", '"yes"'))
    assert len(run_mypy(path)) == 1


def test_wrong_program():
    """Each mistake is found, and nothing else."""
    path = TYPES / "wrong.py"
    found = {int(re.search(r":(\d+): error", line)[1])
             for line in run_mypy(path) if ": error" in line}
    made = {number for number, line in enumerate(path.read_text().splitlines(), 1)
            if "# wrong" in line}
    assert made and found == made, \
        f"not found: {made - found}, found: {found - made}"


def test_examples():
    """Their own functions need not say which types they take."""
    files = [path for path in sorted(EXAMPLES.rglob("*.py"))
             if PIXBUF != "-" or "HeinPixbuf" not in path.read_text()]
    assert len(files) > 15, files
    check_clean("--allow-untyped-defs", "--allow-untyped-calls", *files)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        FOLDER = Path(name)
        sys.exit(tap.run_functions(globals()))
