#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The overrides of Python and JavaScript offer the same, under the same names,
and the page on them lists it. TAP.

usage: test-bindings.py [TEST]
       test-bindings.py --table: prints the table as it would have to be
"""
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gi
import tap

gi.require_version("Hein", "1")
from gi.module import get_introspection_module
from gi.repository import Hein

SOURCE = Path(__file__).resolve().parent.parent
PAGE = SOURCE / "introspection/docs/python-and-javascript.md"
SCRIPT = SOURCE / "tests/list-names.js"
JS_FILES = sorted((SOURCE / "introspection/gjs/overrides").rglob("*.js"))
CLASSES = ("Bus", "Endpoint", "Error", "Message", "Pairing", "Peer", "Peers", "Protocol",
           "Receipt", "Replies", "Request", "Selection", "Simulation", "Strategy",
           "StreamTransport", "Transport", "Wire")
# the words of both languages for one thing
SPECIAL = {"__iter__": "for", "__aiter__": "for await", "__repr__": "toString",
           "__exit__": "with", "__aexit__": "async with"}
DUNDERS = {word: dunder for dunder, word in SPECIAL.items()}
# of GObject and GLib, and no less there for being the override's
NOT_OURS = ("run_dispose", "quark", "connect", "connect_after", "connect_data",
            "connect_object", "connect_object_after", "handler_block",
            "handler_unblock", "handler_unblock_by_func")
C = get_introspection_module("Hein")


def list_own(cls, original):
    """What the classes of the override have, by name."""
    mro = cls.__mro__
    own = {}
    for base in reversed(mro[:mro.index(original)] if original in mro else [cls]):
        own.update(vars(base))
    return own


def read_python():
    """By name what the override has itself; checks and properties apart."""
    names = {}
    for owner in CLASSES:
        cls = getattr(Hein, owner)
        for name, value in list_own(cls, getattr(C, owner)).items():
            name = SPECIAL.get(name, name)
            if name.startswith("_") or name.isupper() or name in NOT_OURS:
                continue
            value = getattr(value, "__func__", value)
            value = getattr(value, "fget", None) or value
            if not is_only_checked(owner, name, value):
                names[f"{owner}.{name}"] = getattr(value, "waits", "returns")
    return names


def is_only_checked(owner, name, value):
    """As in C, or a property of GObject, but for what is refused."""
    doc = getattr(inspect.getattr_static(getattr(Hein, owner), name, None),
                  "__doc__", None) or ""
    return type(inspect.unwrap(value)).__name__ == "FunctionInfo" and \
        not hasattr(value, "waits") and not is_renamed(owner, name) or \
        doc.startswith("The property `") or \
        not callable(value) and not isinstance(value, property)


def is_renamed(owner, name):
    return not hasattr(getattr(C, owner), name)


def read_javascript(names=()):
    output = subprocess.run([shutil.which("gjs"), str(SCRIPT), *names], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def get_docstring(name):
    """The first sentence of what Python says about it."""
    owner, _, key = name.partition(".")
    value = inspect.getattr_static(getattr(Hein, owner), DUNDERS.get(key, key), None)
    text = inspect.getdoc(getattr(value, "__func__", value)) or ""
    return re.sub(r"\s+", " ", text).partition(". ")[0].rstrip(".")


def find_comment(name):
    """The comment for JSDoc above a name in the files of the override."""
    owner, _, key = name.partition(".")
    key = {"for": "[Symbol.iterator]", "for await": "[Symbol.asyncIterator]"}.get(
        key, key)
    for path in sorted(JS_FILES, key=lambda path: path.stem != owner.lower()):
        match = re.search(r"/\*\*((?:(?!\*/).)*)\*/\s*(?:async\*? )?(?:get )?(?:\* )?"
                          + re.escape(key) + r" ?\(", path.read_text(), re.S)
        if match:
            return re.sub(r"\s*\n\s*\* ?|\s+", " ", match[1]).strip()
    return ""


def read_table():
    """By name: whether it waits, and what is said of it where one has it not."""
    rows = re.findall(r"^\| `([\w.]+(?: \w+)?)` \| (\w+) \| (.*) \|$",
                      PAGE.read_text(), re.M)
    return {name: (waits, text) for name, waits, text in rows}


def list_expected():
    """By name: whether it waits, and which language has it not."""
    python, javascript = read_python(), read_javascript()["names"]
    names = sorted({*python, *javascript} -
                   {name for name in {*python, *javascript}
                    if name.endswith(".toString")})
    there = set(read_javascript(names)["there"]) | set(javascript)
    for name in names:
        owner, _, key = name.partition(".")
        missing = "" if name in there else "JavaScript"
        if name not in python and \
                not hasattr(getattr(Hein, owner), DUNDERS.get(key, key)):
            missing = "Python"
        waits = {python.get(name), javascript.get(name)} - {None}
        yield name, waits, missing


def test_names_of_both():
    """Each is in the table; what only one has, with the reason."""
    table = read_table()
    expected = {name: missing for name, _, missing in list_expected()}
    assert set(expected) == set(table), set(expected) ^ set(table)
    for name, missing in expected.items():
        said = re.search(r"Not in (\w+): ..", table[name][1])
        assert (said[1] if said else "") == missing, (name, missing, table[name])


def test_both_wait_alike():
    table = read_table()
    for name, waits, _ in list_expected():
        assert waits == {table[name][0]}, (name, waits, table[name])


def test_awaited_names():
    """What is awaited, and nothing else, says so in its name."""
    for name, waits, _ in list_expected():
        says_so = name.endswith("_async") or name in (
            "Bus.aclose", "Bus.for await", "Bus.async with", "Replies.for await")
        assert (waits == {"awaits"}) == says_so, (name, waits)


def test_docstrings():
    """Every public name of Python, also in dir (), has one."""
    for name in read_python():
        if not name.endswith(".toString"):
            assert get_docstring(name), f"{name} has no docstring"
    for name in (*CLASSES, "Filter", "PluginInfo", "plugin_add", "error_quark",
                 "uri_hide_secrets"):
        item = getattr(Hein, name)
        # what PyGObject says of a boxed type that nobody makes is empty
        assert vars(item).get("__doc__") or item.__doc__, name


def test_comments_of_javascript():
    for name in read_javascript()["names"]:
        if not name.endswith(".toString"):
            assert find_comment(name), f"{name} has no comment for JSDoc"


def test_texts_are_checked_in_javascript():
    """Python finds by itself what takes a text; here it is listed."""
    checked = set(read_javascript()["checked"])
    for owner in dir(C):
        members = vars(getattr(C, owner)) if owner in CLASSES else {}
        for name, function in members.items():
            if not name.startswith(("_", "do_")) and takes_text(function):
                assert f"{owner}.{name}" in checked, f"{owner}.{name}"
        if takes_text(getattr(C, owner)):
            assert owner in checked, owner


def takes_text(function):
    return hasattr(function, "get_arguments") and "utf8" in [
        argument.get_type().get_tag_as_string()
        for argument in function.get_arguments()
        if argument.get_direction() == 0]


def read_api_page(name):
    """By title what stands below it; None where no pages were made."""
    folder = os.environ.get("HEIN_API_PAGES")
    if not folder:
        raise tap.Skip("HEIN_API_PAGES names no folder with pages")
    _, *entries = re.split(r"^### (.*)\n", Path(folder, name).read_text(), flags=re.M)
    return dict(zip(entries[::2], entries[1::2]))


def check_api_page(entries, names, others):
    """Each name is there, with its types and with what it does, and no other."""
    assert set(entries) == {*names, *others}, set(entries) ^ {*names, *others}
    for title, text in entries.items():
        code = re.match(r"\n```\w+\n.+?\n```\n\n(?=\S)", text, re.S)
        assert code or title == "PeerArray.lookup", title


def test_api_page_of_python():
    names = {name.replace(".for await", ".async for") for name in read_python()
             if not name.endswith(".toString")}
    check_api_page(read_api_page("python-api.md"), names, {
        "AnswerError()", "Bridge()", "Bus()", "Message()", "error_quark", "plugin_add",
        "uri_hide_secrets"})


def test_api_page_of_javascript():
    names = {name for name in read_javascript()["names"]
             if not name.endswith(".toString")}
    entries = read_api_page("javascript-api.md")
    check_api_page(entries, names, {"AnswerError()", "PeerArray.lookup"})
    for title, text in entries.items():  # comment and types agree on a result
        results = set(re.findall(r"\):\s+([^;=]+);\n", text))
        if results and "```typescript\nget " not in text and "[Symbol" not in text:
            results -= {"void", "Promise<void>"}
            assert ("Returns:" in text) == bool(results), title


def print_table():
    table = read_table()
    for name, waits, missing in list_expected():
        text = get_docstring(name) or find_comment(name).partition(". ")[0].rstrip(".")
        reason = re.search(r"\. Not in .*", table.get(name, ("", ""))[1])
        if missing:
            text += reason[0] if reason else f". Not in {missing}: ?"
        print(f"| `{name}` | {'/'.join(waits)} | {text} |")


def main():
    if shutil.which("gjs") is None:
        print("1..0 # SKIP there is no gjs")
        return 0
    if sys.argv[1:] == ["--table"]:
        return print_table()
    return tap.run_functions(globals())


if __name__ == "__main__":
    sys.exit(main())
