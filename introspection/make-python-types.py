#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the types of a namespace for Python, as pygobject-stubs has them: those
of a GIR, and over them those of an override.

usage: make-python-types.py GIR [OVERRIDES]
"""
import ast
import keyword
import sys
import textwrap
from pathlib import Path

from gir import Namespace

BASIC = {"utf8": "str", "filename": "str", "gboolean": "bool", "none": "None",
         "gpointer": "Any", "GType": "GObject.GType", "GLib.Quark": "int",
         "gfloat": "float", "gdouble": "float", "GLib.ByteArray": "bytes",
         "GLib.DestroyNotify": "Callable[..., None]"}
NUMBERS = {"gint", "guint", "gint8", "guint8", "gint16", "guint16", "gint32",
           "guint32", "gint64", "guint64", "gsize", "gssize", "glong", "gulong"}
BASES = {"interface": "GObject.GInterface", "enumeration": "GObject.GEnum",
         "bitfield": "GObject.GFlags"}
HEAD = """# Types of {name} {version} for Python. Made by hein's build: do not edit.
{imports}

"""
IMPORTS = """from typing import Any, Callable, Final, Sequence

from gi.repository import {modules}"""
WIDTH = 88  # as in pygobject-stubs


class Overrides:
    """What a file of types for the override says, by class and name."""

    def __init__(self, path=None):
        self.head, self.classes, self.functions = [], {}, {}
        self.private, self.have_properties, self.bases = [], set(), {}
        if path is None:
            return
        self.lines = Path(path).read_text(encoding="utf-8").splitlines()
        for node in ast.parse("\n".join(self.lines)).body:
            self._add(node)

    def _add(self, node):
        if isinstance(node, ast.FunctionDef):
            self.functions[node.name] = self._get_text(node)
        elif not isinstance(node, ast.ClassDef):
            self.head.append(self._get_text(node))
        elif node.name.startswith("_"):
            self.private.append(self._get_text(node))
        else:
            members = self.classes[node.name] = {}
            for child in node.body:
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    members.setdefault(child.name, []).append(self._get_text(child))
            self.bases[node.name] = [ast.unparse(base) for base in node.bases]
            if node.decorator_list:
                self.have_properties.add(node.name)

    def _get_text(self, node):
        first = min([node.lineno] + [decorator.lineno for decorator in
                                     getattr(node, "decorator_list", [])])
        return "\n".join(self.lines[first - 1:node.end_lineno])


class Writer:
    def __init__(self, namespace, overrides):
        self.namespace = namespace
        self.overrides = overrides
        self.lines = []
        self.shadowed = set()  # builtins that are members of the class, too

    def name_builtin(self, name):
        return f"builtins.{name}" if name in self.shadowed else name

    def name_type(self, kind, is_input=False):
        if kind.is_list:
            if kind.item.name in ("guint8", "none"):
                return self.name_builtin("bytes")
            item = self.name_type(kind.item, is_input)
            name = "Sequence" if is_input else self.name_builtin("list")
            return f"{name}[{item}]"
        if kind.name in NUMBERS:
            return self.name_builtin("int")
        if kind.name == "GType" and is_input:
            return "type[Any] | GObject.GType"
        return self.name_builtin(BASIC.get(kind.name, kind.name))

    def name_value(self, value, is_input=False):
        if value.is_callback:
            name = "Callable[..., None]"
        else:
            name = self.name_type(value.type, is_input)
        return f"{name} | None" if value.is_nullable and name != "Any" else name

    def name_result(self, call):
        names = [self.name_value(value) for value in call.outputs]
        if not names:
            return "None"
        return names[0] if len(names) == 1 else f"tuple[{', '.join(names)}]"

    def list_parameters(self, call):
        # PyGObject lets slots have what may be None left out no more than else
        n_needed = len(call.inputs) - call.count_optional()
        for i, value in enumerate(call.inputs):
            name = value.name + "_" * keyword.iskeyword(value.name)
            default = " = None" if i >= n_needed and \
                call.kind != "virtual-method" else ""
            yield f"{name}: {self.name_value(value, True)}{default}"
        if call.has_callback:
            yield "*user_data: Any"

    def write_call(self, call, indent=""):
        first = {"method": ["self"], "virtual-method": ["self"],
                 "constructor": ["cls"]}.get(call.kind, [])
        if call.kind == "constructor":
            self.lines.append(f"{indent}@classmethod")
        elif call.kind == "function" and indent:
            self.lines.append(f"{indent}@staticmethod")
        name = call.name if call.kind != "virtual-method" else f"do_{call.name}"
        self.write_function(indent, name, [*first, *self.list_parameters(call)],
                            self.name_result(call))

    def write_function(self, indent, name, parameters, result):
        line = f"{indent}def {name}({', '.join(parameters)}) -> {result}: ..."
        if len(line) <= WIDTH:
            self.lines.append(line)
        else:
            self.lines += [f"{indent}def {name}(",
                           *[f"{indent}    {each}," for each in parameters],
                           f"{indent}) -> {result}: ..."]

    def write_attribute(self, item, indent):
        kind = self.name_value(item)
        self.lines += [f"{indent}@property",
                       f"{indent}def {item.attribute}(self) -> {kind}: ..."]
        if item.is_writable and not item.is_construct_only:
            self.lines += [f"{indent}@{item.attribute}.setter",
                           f"{indent}def {item.attribute}(self, value: {kind})"
                           " -> None: ..."]

    def list_constructed(self, owner):
        by_name = {each.name: each for each in self.namespace.owners}
        while owner is not None:
            for item in owner.properties:
                if item.is_writable:
                    yield f"{item.attribute}: {self.name_value(item, True)} = ..."
            owner = by_name.get(owner.parent)

    def write_init(self, owner, text):
        given = [line for line in self.list_constructed(owner)
                 if f" {line.partition(':')[0]}:" not in text]
        return text.replace("**properties: Any",
                            ",\n                 ".join(["*", *given]))

    def write_doc(self, owner):
        self.lines += textwrap.wrap(f'"""{owner.doc}.', WIDTH, initial_indent="    ",
                                    subsequent_indent="    ")
        if not owner.signals:
            self.lines[-1] += '"""'
            return
        self.lines += ["", "    Signals:"]
        for signal in owner.signals:
            values = ", ".join(f"{value.name}: {self.name_value(value)}"
                               for value in signal.inputs)
            self.lines.append(f"      {signal.name} ({values})")
        self.lines.append('    """')

    def write_properties(self, owner):
        base = f"{owner.parent}.Props" if owner.parent else "object"
        self.lines += ["    @type_check_only", f"    class Props({base}):"]
        for item in owner.properties:
            self.write_attribute(item, " " * 8)
        self.lines += ["    @property", "    def props(self) -> Props: ..."]

    def write_class(self, owner):
        own = self.overrides.classes.get(owner.name, {})
        self.shadowed = {*own, *(call.name for call in owner.calls)}
        bases = [owner.parent or BASES.get(owner.kind, "GObject.GBoxed"),
                 *owner.interfaces]
        self.lines += ["", f"class {owner.name}({', '.join(bases)}):"]
        self.write_doc(owner)
        if owner.properties:
            self.write_properties(owner)
        if owner.kind == "class" and "__init__" not in own and not owner.is_abstract:
            given = list(self.list_constructed(owner))
            self.write_function("    ", "__init__",
                                ["self", *(["*"] if given else []), *given], "None")
        if owner.name in self.overrides.have_properties:
            for item in owner.properties:
                if item.attribute not in own:
                    self.write_attribute(item, "    ")
        for field in owner.fields if owner.kind in ("class", "record") else []:
            self.lines += ["    @property", f"    def {field.name}(self) -> "
                           f"{self.name_value(field)}: ..."]
        for name, texts in own.items():
            self.lines += [self.write_init(owner, text) for text in texts]
        for call in owner.calls:
            if call.name not in own or call.kind == "virtual-method":
                self.write_call(call, "    ")

    def write_enumeration(self, owner):
        own = self.overrides.classes.get(owner.name)
        if own is not None:  # an error, which is no enumeration any more
            bases = ", ".join(self.overrides.bases[owner.name])
            self.lines += ["", f"class {owner.name}({bases}):"]
            self.write_doc(owner)
            self.lines += [f"    {name}: Final = {value}"
                           for name, value, _ in owner.members]
            self.lines += [text for texts in own.values() for text in texts]
            return
        self.lines += ["", f"class {owner.name}({BASES[owner.kind]}):"]
        self.write_doc(owner)
        self.lines += [f"    {name} = {value}" for name, value, _ in owner.members]
        for call in owner.calls:
            self.write_call(call, "    ")

    def write_owner(self, owner):
        if owner.struct_for is not None:
            self.lines += ["", f"class {owner.name}(GObject.GPointer):"]
            for field in owner.fields:
                self.lines += ["    @property",
                               f"    def {field.name}(self) -> Any: ..."]
        elif owner.kind in ("enumeration", "bitfield"):
            self.write_enumeration(owner)
        else:
            self.write_class(owner)

    def write_others(self):
        """Classes and functions that are the override's alone, or replaced."""
        self.shadowed = set()
        known = {owner.name for owner in self.namespace.owners}
        for name, members in self.overrides.classes.items():
            if name not in known:
                bases = ", ".join(self.overrides.bases[name])
                self.lines += ["", f"class {name}({bases}):"]
                self.lines += [text for texts in members.values() for text in texts]
        self.lines.append("")
        for call in self.namespace.functions:
            if call.name in self.overrides.functions:
                self.lines.append(self.overrides.functions[call.name])
            else:
                self.write_call(call)

    def write(self):
        for name, value, kind in self.namespace.constants:
            value = repr(value) if kind.name == "utf8" else value
            self.lines.append(f"{name}: Final = {value}")
        for text in self.overrides.private:
            self.lines += ["", text]
        for owner in self.namespace.owners:
            self.write_owner(owner)
        self.write_others()
        body = "\n".join(self.lines)
        modules = [name for name in ("GdkPixbuf", "Gio", "GLib", "GObject", "Hein")
                   if f"{name}." in body and name != self.namespace.name]
        imports = "\n".join(self.overrides.head) or \
            IMPORTS.format(modules=", ".join(modules))
        return HEAD.format(name=self.namespace.name, imports=imports,
                           version=self.namespace.version) + body + "\n"


def main(gir, overrides=None):
    sys.stdout.write(Writer(Namespace(gir), Overrides(overrides)).write())


main(*sys.argv[1:])
