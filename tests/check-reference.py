#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The reference has no empty page, and its links lead somewhere. TAP.

usage: check-reference.py BUILD [SOURCE GI-DOCGEN]

Whatever a GIR file of BUILD lists says what it is, with each parameter, member
and result. Each signal shows a handler in C, whose parameters are those that the
signal has. With gi-docgen, the same of the pages that a reader sees.
"""
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import tap

NAMES = {"": "http://www.gtk.org/introspection/core/1.0"}
CORE = f"{{{NAMES['']}}}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"
C_TYPE = "{http://www.gtk.org/introspection/c/1.0}type"
DESCRIBED = {CORE + tag for tag in (
    "class", "interface", "record", "union", "enumeration", "bitfield", "member",
    "callback", "constant", "alias", "function", "function-macro", "method",
    "constructor", "virtual-method", "property", "field", "parameter",
    "return-value")} | {GLIB + "signal", GLIB + "boxed"}
HANDLER = re.compile(r"A handler in C:\s*```c\s*static void\s+on_(\w+) \((.*?)\);\s*```",
                     re.S)
NAMELESS = re.compile(r"(?:Type:|array of)\W*(?:</?\w+>|&nbsp;|\s)*None\b.*")
EMPTY = "No description available"

build = Path(sys.argv[1])


def is_seen(node):
    """The structure of a class is told of with its class; what it inherits and
    what does not return are not told of at all."""
    if node.get(GLIB + "is-gtype-struct-for") or node.get("name") == "parent_instance":
        return False
    kind = node.find("type", NAMES)
    return not (node.tag == CORE + "return-value" and kind is not None
                and kind.get("name") == "none")


def find_undescribed(node, path):
    for child in node:
        name = child.get("name", child.tag.split("}")[1])
        if child.tag in DESCRIBED and is_seen(child):
            text = child.find("doc", NAMES)
            if text is None or not (text.text or "").strip():
                yield ".".join([*path, name])
        if is_seen(child):
            yield from find_undescribed(child, [*path, name])


def get_namespace(gir):
    return ElementTree.parse(gir).getroot().find("namespace", NAMES)


def check_gir(gir):
    namespace = get_namespace(gir)
    assert len(namespace) > 0, f"{gir} is empty"
    missing = list(find_undescribed(namespace, []))
    assert not missing, f"nothing is said of {', '.join(missing)}"


def get_c_type(parameter):
    name = parameter.find("type", NAMES)
    if name is None:  # an array of pointers
        return "GPtrArray *"
    c_type = name.get(C_TYPE) or {
        "GLib.Error": "GError*", "GLib.PtrArray": "GPtrArray*",
    }.get(name.get("name"), "Hein" + name.get("name"))
    is_object = name.get("name") in {"Peer", "Endpoint", "Message", "Receipt", "Bus"}
    return c_type.rstrip("*") + (" *" if is_object or c_type.endswith("*") else " ")


def check_handler(owner, signal):
    """The types of its prototype are those of the signal, in their order."""
    name = signal.get("name")
    handler = HANDLER.search(signal.find("doc", NAMES).text)
    assert handler, f"{name} shows no handler in C"
    assert handler[1] == name.replace("-", "_"), f"on_{handler[1]} of {name}"
    wanted = [f"Hein{owner.get('name')} *",
              *map(get_c_type, signal.findall("parameters/parameter", NAMES)),
              "gpointer "]
    wanted = [re.sub(r"^gchar\b", "char", part) for part in wanted]
    shown = [re.sub(r"\w+$", "", part.strip()).replace("const ", "")
             for part in handler[2].split(",")]
    assert shown == wanted, f"{name}: {shown} is not {wanted}"


def find_signals(gir):
    for kind in ("class", "interface"):
        for owner in get_namespace(gir).findall(kind, NAMES):
            for signal in owner.findall(GLIB + "signal"):
                yield owner, signal


def check_html(source, gi_docgen):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, source / "introspection/make-reference.py", gi_docgen,
             build / "introspection/docs/hein.toml", build / "introspection/Hein-1.gir",
             source / "introspection/docs", folder,
             *sorted((build / "introspection/docs").glob("*.md"))], check=True)
        pages = {page.name: page.read_text(encoding="utf-8")
                 for page in sorted(folder.glob("*.html"))}
        assert len(pages) > 100, f"only {len(pages)} pages"
        anchors = {name: set(re.findall(r'\bid="([^"]+)"', text))
                   for name, text in pages.items()}
        for name, text in pages.items():
            assert EMPTY not in text, f"{name}: {EMPTY}"
            assert not NAMELESS.search(text), f"{name}: {NAMELESS.search(text)[0]}"
            for target, anchor in re.findall(r'href="([^":#]*)(?:#([^":]*))?"', text):
                assert target or anchor, f"{name}: a link to nowhere"
                assert not target or (folder / target).exists(), f"{name}: no {target}"
                assert not anchor or target and target not in anchors or (
                    anchor in anchors[target or name]), f"{name}: no {target}#{anchor}"
        front, overview = pages["index.html"], pages["overview.html"]
        steps = re.search(r"<h2 id=.four-first-steps.*?</ol>", overview, re.S)[0]
        assert steps in front and steps.count("<li>") == 4, "the front has no steps"
        for page in (build / "introspection").glob("*-api.md"):
            n_entries = page.read_text(encoding="utf-8").count("\n### ")
            shown = pages[f"{page.stem}.html"].count("<h3 id=")
            assert shown == n_entries > 20, f"{page.stem}: {shown} of {n_entries}"


def main():
    girs = sorted(build.glob("introspection/*.gir")) + sorted(
        build.glob("hein/*/*.gir"))
    tests = [(f"{gir.name} is described", check_gir, gir) for gir in girs]
    tests += [(f"a handler of {signal.get('name')}", check_handler, owner, signal)
              for gir in girs for owner, signal in find_signals(gir)]
    assert len(tests) > len(girs) > 0, "there is nothing to check"
    if len(sys.argv) > 3:
        tests.append(("pages", check_html, Path(sys.argv[2]), sys.argv[3]))
    return tap.run(tests)


sys.exit(main())
