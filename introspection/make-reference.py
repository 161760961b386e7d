#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the reference: gi-docgen, with what g-ir-scanner and the repository lack.

usage: make-reference.py GI-DOCGEN CONFIG GIR PAGES OUTPUT [MADE-PAGE]...

g-ir-scanner writes what a slot does only where it lists virtual methods, not in
the structure of the class. The structure of a final class has nothing in it, and
neither has the room for later slots in the others. What an array is of has no
name in C. In the repository pages link to each other's source. The front page of
gi-docgen says in one line what all this is, and links to a website and to sources that
have no address: it gets the page "Overview" instead.
"""
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CORE = "http://www.gtk.org/introspection/core/1.0"
GLIB = "http://www.gtk.org/introspection/glib/1.0"
NAMES = {"": CORE, "glib": GLIB, "c": "http://www.gtk.org/introspection/c/1.0"}
C_TYPE = f"{{{NAMES['c']}}}type"
# of the pages that gi-docgen writes
DESCRIPTION = re.compile(r'(<div class="description">).*?(</div>)', re.S)
NOWHERE = re.compile(r"[ \t]*<tr>(?:(?!</tr>).)*<a href=\"\"(?:(?!</tr>).)*</tr>\n", re.S)
TEXT = re.compile(r'<div class="docblock">\s*<h1.*?</h1>(.*?)</div>\s*</section>', re.S)
TO_PAGE = re.compile(r"(?<=\]\()([\w-]+)\.md(?=[)#])")


def describe_slots(owner, structure):
    for field in structure.findall("field", NAMES):
        method = owner.find(f"virtual-method[@name='{field.get('name')}']", NAMES)
        text = method.find("doc", NAMES) if method is not None else None
        if text is not None and field.find("doc", NAMES) is None:
            field.insert(0, text)


def name_elements(namespace):
    names = {node.get("name"): node.get(C_TYPE) for node in namespace}
    for array in namespace.iter(f"{{{CORE}}}array"):
        for element in array.findall("type", NAMES):
            c_type = names.get(element.get("name"))
            if element.get(C_TYPE) is None and c_type:
                element.set(C_TYPE, f"{c_type}*")


def mend_gir(source, target):
    for prefix, uri in NAMES.items():
        ElementTree.register_namespace(prefix, uri)
    tree = ElementTree.parse(source)
    namespace = tree.getroot().find("namespace", NAMES)
    owners = {owner.get("name"): owner for kind in ("class", "interface")
              for owner in namespace.findall(kind, NAMES)}
    for structure in namespace.findall("record", NAMES):
        owner = owners.get(structure.get(f"{{{GLIB}}}is-gtype-struct-for"))
        if owner is None:
            continue
        if owner.get("final") == "1":
            del owner.attrib[f"{{{GLIB}}}type-struct"]
            namespace.remove(structure)
        else:
            describe_slots(owner, structure)
            for field in structure.findall("field[@name='padding']", NAMES):
                structure.remove(field)
    name_elements(namespace)
    tree.write(target, encoding="utf-8", xml_declaration=True)


def mend_front(output):
    front = Path(output, "index.html")
    text = TEXT.search(Path(output, "overview.html").read_text(encoding="utf-8"))[1]
    html, n = DESCRIPTION.subn(lambda match: match[1] + text + match[2],
                               front.read_text(encoding="utf-8"))
    if n != 1:
        sys.exit(f"{front} has {n} descriptions")
    front.write_text(NOWHERE.sub("", html), encoding="utf-8")


def main(gi_docgen, config, gir, pages, output, *made):
    heads = {"command-line.md", *(page.name for page in Path(pages).glob("*-api.md"))}
    if not {Path(page).name for page in made} <= heads:
        sys.exit(f"{', '.join(sorted(heads))} are made, not {', '.join(made)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mend_gir(gir, folder / Path(gir).name)
        for page in (*Path(pages).glob("*.md"), *map(Path, made)):
            (folder / page.name).write_text(
                TO_PAGE.sub(r"\1.html", page.read_text(encoding="utf-8")),
                encoding="utf-8")
        for picture in (*Path(pages).glob("*.svg"), *Path(pages).glob("*.png")):
            shutil.copy(picture, folder)
        status = subprocess.run(
            [gi_docgen, "generate", "--quiet", "--fatal-warnings",
             f"--config={config}", f"--content-dir={folder}",
             f"--output-dir={output}", "--no-namespace-dir",
             folder / Path(gir).name], check=False).returncode
    if status == 0:
        mend_front(output)
    return status


sys.exit(main(*sys.argv[1:]))
