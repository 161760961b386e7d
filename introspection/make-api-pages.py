#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the pages on the overrides for Python and JavaScript: below what docs/ has
of them, each name of the override with its types and what its source says of it.

usage: make-api-pages.py SOURCE HEIN-PYI HEIN-D-TS DEPENDENCIES PYTHON-PAGE
       JAVASCRIPT-PAGE
"""
import ast
import re
import sys
import textwrap
from pathlib import Path

# what one writes of what Python calls by another name
PYTHON_WORDS = {"__init__": "()", "__new__": "()", "__iter__": "for",
                "__aiter__": "async for", "__exit__": "with",
                "__aexit__": "async with"}
JAVASCRIPT_WORDS = {"constructor": "()", "[Symbol.iterator]": "for",
                    "[Symbol.asyncIterator]": "for await"}
# of GObject, and no less there for being the override's
NOT_OURS = ("run_dispose", "quark")


class PythonOverride:
    """The docstrings of its classes and functions."""

    def __init__(self, folder):
        self.classes, self.functions = {}, {}
        for path in sorted(folder.glob("_*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    self.classes[node.name] = node
                elif isinstance(node, ast.FunctionDef):
                    self.functions[node.name] = ast.get_docstring(node)

    def list_members(self, name):
        """By name what is said of it, mixed in or its own."""
        members = {}
        for base in reversed(self.classes[name].bases):
            if isinstance(base, ast.Name) and base.id in self.classes:
                members.update(self.list_members(base.id))
        for node in self.classes[name].body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                members[node.name] = ast.get_docstring(node)
            elif isinstance(node, ast.Assign):
                members[node.targets[0].id] = self._get_doc(node.value)
        return {member: text for member, text in members.items()
                if text and member not in NOT_OURS and
                (member in PYTHON_WORDS or not member.startswith("_"))}

    def _get_doc(self, value):
        if isinstance(value, ast.Call):
            for keyword in value.keywords:
                if keyword.arg == "doc" and isinstance(keyword.value, ast.Constant):
                    return keyword.value.value
        return None


class PythonTypes:
    """The lines of Hein.pyi that say which types something has."""

    def __init__(self, path):
        self.lines = Path(path).read_text(encoding="utf-8").splitlines()
        self.tree = ast.parse("\n".join(self.lines)).body

    def get(self, *names):
        body, found = self.tree, []
        for name in names:
            found = [node for node in body if getattr(node, "name", None) == name]
            body = found[0].body if found else []
        return [textwrap.dedent("\n".join(
            self.lines[node.lineno - 1:node.end_lineno])).removesuffix(": ...")
            for node in found]

    def list_aliases(self):
        return ["\n".join(self.lines[node.lineno - 1:node.end_lineno])
                for node in self.tree if isinstance(node, ast.AnnAssign)
                and node.target.id.startswith("_")]


class JavaScriptOverride:
    """Its comments for JSDoc, by class and name."""

    COMMENT = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*"
                         r"(?:async ?|get |static |\* ?)*(\[Symbol\.\w+\]|\w+) ?\(", re.S)
    TARGET = re.compile(r"define\((?:Hein\.)?(\w+)|class (\w+)")

    def __init__(self, folder):
        self.classes = {}
        for path in sorted(folder.glob("*.js")):
            text = path.read_text(encoding="utf-8")
            for comment in self.COMMENT.finditer(text):
                before = list(self.TARGET.finditer(text, 0, comment.start()))[-1]
                name = before[1] or before[2]
                # what the file calls what it extends
                alias = re.search(rf"const {name} = Hein\.(\w+)\.prototype", text)
                self.classes.setdefault(alias[1] if alias else name, {})[comment[2]] = \
                    self._read(comment[1])

    def _read(self, comment):
        text = re.sub(r"^ *\* ?", "", comment, flags=re.M).strip()
        said, *tags = re.split(r"^@", text, flags=re.M)
        lines = [said.strip()]
        for tag in tags:
            param = re.match(r"param \{.*?\} (\w+) - (.*)", tag, re.S)
            returned = re.match(r"returns \{.*?\} (.*)", tag, re.S)
            if param:
                lines.append(f"- `{param[1]}`: {param[2].strip()}")
            elif returned:
                lines.append(f"\nReturns: {returned[1].strip()}.")
        lines.insert(1, "")
        return "\n".join(lines).strip()


class JavaScriptTypes:
    """The lines of hein-1.d.ts that say which types something has."""

    def __init__(self, path):
        self.text = Path(path).read_text(encoding="utf-8")

    def get(self, owner, name):
        body = re.search(rf"^    (?:abstract )?class {owner} .*?^    \}}", self.text,
                         re.M | re.S)
        if body is None:
            return []
        wanted = re.escape(name) if name != "new" else r'\["new"\]'
        return [textwrap.dedent(match[0]) for match in re.finditer(
            rf"^ {{6}}(?:static |get )*{wanted}[(<].*?;$", body[0], re.M | re.S)]

    def get_doc(self, owner):
        said = re.search(rf"/\*\* (.*) \*/\n    (?:abstract )?class {owner} ", self.text)
        return said[1] if said else ""

    def list_aliases(self):
        return [textwrap.dedent(match[0]) for match in
                re.finditer(r"^    type (?!Handler|\w+ = typeof).*?;$", self.text,
                            re.M | re.S)]


def escape(text):
    """Stars outside of code are no emphasis."""
    return "".join(part if i % 2 else part.replace("*", r"\*")
                   for i, part in enumerate(re.split(r"(`[^`]*`)", text)))


def list_code(language, lines):
    return [f"```{language}", *lines, "```", ""] if lines else []


def list_entry(title, language, types, text):
    return [f"### {title}", "", *list_code(language, types), escape(text), ""]


def list_entries(owner, members, words, language, types):
    titles = {}
    for name, text in members.items():
        word = words.get(name, name)
        titles[owner + ("" if word == "()" else ".") + word] = name, text
    for title, (name, text) in sorted(titles.items()):
        yield from list_entry(title, language, types.get(owner, name), text)


def write_python(folder, types):
    override = PythonOverride(folder)
    exported = [node.name for node in types.tree
                if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    lines = ["## Types", "", *list_code("python", types.list_aliases())]
    for owner in sorted(set(exported) & set(override.classes)):
        lines += [f"## {owner}", "",
                  escape(ast.get_docstring(override.classes[owner]) or ""), ""]
        lines += list_entries(owner, override.list_members(owner), PYTHON_WORDS,
                              "python", types)
    lines += ["## Functions", ""]
    for name in sorted(set(exported) & set(override.functions)):
        lines += list_entry(name, "python", types.get(name), override.functions[name])
    return lines


def write_javascript(folder, types):
    override = JavaScriptOverride(folder)
    lines = ["## Types", "", *list_code("typescript", types.list_aliases())]
    for owner, members in sorted(override.classes.items()):
        lines += [f"## {owner}", "", types.get_doc(owner), ""]
        lines += list_entries(owner, members, JAVASCRIPT_WORDS, "typescript", types)
    return lines


def main(source, python_types, javascript_types, dependencies, *pages):
    python = Path(source, "python/gi/overrides/Hein")
    javascript = Path(source, "gjs/overrides/hein")
    made = (write_python(python, PythonTypes(python_types)),
            write_javascript(javascript, JavaScriptTypes(javascript_types)))
    for page, lines in zip(map(Path, pages), made):
        head = Path(source, "docs", page.name).read_text(encoding="utf-8")
        page.write_text(head + "\n" + "\n".join(lines), encoding="utf-8")
    sources = [*sorted(python.glob("*.py")), *sorted(javascript.glob("*.js"))]
    Path(dependencies).write_text(
        f"{' '.join(pages)}: {' '.join(str(path) for path in sources)}\n",
        encoding="utf-8")


main(*sys.argv[1:])
