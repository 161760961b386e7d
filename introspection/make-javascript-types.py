#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the types of a namespace for GJS, as ts-for-gir has them: those of a GIR,
and over them those of an override.

usage: make-javascript-types.py GIR [OVERRIDES]
"""
import re
import sys
from pathlib import Path

from gir import Namespace

BASIC = {"utf8": "string", "filename": "string", "gboolean": "boolean",
         "none": "void", "gpointer": "any", "GType": "GObject.GType",
         "GLib.Quark": "number", "gfloat": "number", "gdouble": "number",
         "GLib.ByteArray": "Uint8Array", "GLib.DestroyNotify": "() => void",
         **{name: "number" for name in (
             "gint guint gint8 guint8 gint16 guint16 gint32 guint32 gint64 guint64 "
             "gsize gssize glong gulong").split()}}
RESERVED = {"function", "in", "new", "default", "delete", "with", "class", "enum"}
HEAD = """// Types of {name} {version} for GJS. Made by hein's build: do not edit.

declare module 'gi://{name}?version={version}' {{
  import type Gio from 'gi://Gio?version=2.0';
  import type GLib from 'gi://GLib?version=2.0';
  import type GObject from 'gi://GObject?version=2.0';
{imports}
  namespace {name} {{
"""
TAIL = """  }}

  export default {name};
}}

declare module 'gi://{name}' {{
  import {name} from 'gi://{name}?version={version}';

  export default {name};
}}

interface GjsGiImports {{
  {name}: typeof import('gi://{name}?version={version}').default;
}}
"""
SIGNALS = """\
connect<K extends keyof {0}.SignalSignatures>(signal: K,
  callback: Handler<this, {0}.SignalSignatures[K]>): number;
connect(signal: string, callback: (...args: any[]) => any): number;
connect_after<K extends keyof {0}.SignalSignatures>(signal: K,
  callback: Handler<this, {0}.SignalSignatures[K]>): number;
connect_after(signal: string, callback: (...args: any[]) => any): number;
"""
HANDLER = "type Handler<T, F> = F extends (...args: infer P) => infer R\n" \
    "  ? (source: T, ...args: P) => R : never;"


class Overrides:
    """What a file of types for the override says, by class and name."""

    def __init__(self, path=None):
        text = "" if path is None else Path(path).read_text(encoding="utf-8")
        self.types = re.findall(r"^type .*?;$", text, re.M | re.S)
        self.classes = {
            name: self._read_members(body) for name, body in
            re.findall(r"^class (\w+) \{\n(.*?)^\}", text, re.M | re.S)}

    def _read_members(self, body):
        members = {}
        for member in re.findall(r"^  \S.*?;$", re.sub(r"^ *//.*\n", "", body, flags=re.M),
                                 re.M | re.S):
            name = re.match(r"  (?:static |get )*(\[Symbol\.\w+\]|\W*(\w+))", member)
            members.setdefault(name[2] or name[1], []).append(
                re.sub(r"^  ", "", member, flags=re.M))
        return members


class Writer:
    def __init__(self, namespace, overrides):
        self.namespace = namespace
        self.overrides = overrides
        self.lines = []

    def add(self, text, depth=2):
        self.lines += [("  " * depth + line).rstrip() for line in text.splitlines()]

    def name_type(self, kind, is_input=False):
        if kind.is_list:
            if kind.item.name in ("guint8", "none"):
                return "Uint8Array"
            return self.name_type(kind.item, is_input) + "[]"
        if kind.name == "GLib.Bytes" and is_input:
            return "GLib.Bytes | Uint8Array"
        return BASIC.get(kind.name, kind.name)

    def name_value(self, value, is_input=False):
        name = self.name_type(value.type, is_input)
        if value.is_callback and name in self.namespace.callbacks:
            name = f"({self.name_callback(self.namespace.callbacks[name])})"
        return f"{name} | null" if value.is_nullable else name

    def name_callback(self, call):
        values = ", ".join(f"{value.name}: {self.name_value(value)}"
                           for value in call.inputs if value.name != "user_data")
        return f"({values}) => {self.name_result(call)}"

    def name_result(self, call):
        names = [self.name_value(value) for value in call.outputs]
        if not names:
            return "void"
        return names[0] if len(names) == 1 else f"[{', '.join(names)}]"

    def name_parameters(self, call):
        n_needed = len(call.inputs) - call.count_optional()
        return ", ".join(
            value.name + "_" * (value.name in RESERVED) +
            ("?" if i >= n_needed and call.kind != "virtual-method" else "") +
            f": {self.name_value(value, True)}"
            for i, value in enumerate(call.inputs))

    def name_call(self, call):
        """What a class has of it."""
        name = {"virtual-method": f"vfunc_{call.name}", "function":
                f"static {call.name}", "constructor": f"static {call.name}"
                }.get(call.kind, call.name)
        if call.name == "new":
            name = 'static ["new"]'
        return f"{name}({self.name_parameters(call)}): {self.name_result(call)};"

    def list_names(self, item):
        camel = re.sub(r"_(\w)", lambda match: match[1].upper(), item.attribute)
        return dict.fromkeys([item.attribute, camel])

    def write_namespace(self, owner):
        """The signals of a class, and what its constructor takes."""
        parent = owner.parent
        self.add(f"namespace {owner.name} {{\n  interface SignalSignatures extends "
                 f"{parent}.SignalSignatures {{")
        for signal in owner.signals:
            self.add(f"'{signal.name}': {self.name_callback(signal)};", 4)
            if signal.name == "message":
                self.add(f"[detail: `message::${{string}}`]: "
                         f"{self.name_callback(signal)};", 4)
        self.add("}", 3)
        self.add(f"interface ConstructorProps extends {parent}.ConstructorProps {{", 3)
        for item in owner.properties:
            if item.is_writable:
                for name in self.list_names(item):
                    self.add(f"{name}: {self.name_value(item, True)};", 4)
        self.add("}", 3)
        self.add("}")

    def write_properties(self, owner, own):
        for item in owner.properties:
            for name in self.list_names(item):
                if name in own:
                    continue
                self.add(f"get {name}(): {self.name_value(item)};", 3)
                if item.is_writable and not item.is_construct_only:
                    self.add(f"set {name}(value: {self.name_value(item)});", 3)

    def write_members(self, owner, own):
        for texts in own.values():
            for text in texts:
                self.add(text, 3)
        for call in owner.calls:
            if call.name not in own or call.kind == "virtual-method":
                self.add(self.name_call(call), 3)

    def write_class(self, owner):
        own = self.overrides.classes.get(owner.name, {})
        self.write_namespace(owner)
        if owner.interfaces:
            self.add(f"interface {owner.name} extends "
                     f"{', '.join(owner.interfaces)} {{}}")
        self.add(f"/** {owner.doc}. */")
        abstract = "abstract " if owner.is_abstract else ""
        self.add(f"{abstract}class {owner.name} extends {owner.parent} {{")
        self.add(f"static $gtype: GObject.GType<{owner.name}>;\n"
                 f"$signals: {owner.name}.SignalSignatures;\n"
                 f"constructor(properties?: Partial<{owner.name}.ConstructorProps>, "
                 "...args: any[]);", 3)
        self.add(SIGNALS.format(owner.name), 3)
        self.write_properties(owner, own)
        self.write_members(owner, own)
        self.add("}")

    def write_interface(self, owner):
        self.add(f"/** {owner.doc}. */\ninterface {owner.name} extends "
                 "GObject.Object {")
        self.write_members(owner, self.overrides.classes.get(owner.name, {}))
        self.add(f"}}\nconst {owner.name}: {{\n  $gtype: GObject.GType<{owner.name}>;\n"
                 f"  prototype: {owner.name};\n  new (): {owner.name};\n}};")

    def write_record(self, owner):
        if owner.struct_for is not None:
            self.add(f"type {owner.name} = typeof {owner.struct_for};")
            return
        self.add(f"/** {owner.doc}. */\nclass {owner.name} {{\n"
                 f"  static $gtype: GObject.GType<{owner.name}>;")
        self.write_members(owner, self.overrides.classes.get(owner.name, {}))
        self.add("}")

    def write_enumeration(self, owner):
        own = self.overrides.classes.get(owner.name)
        self.add(f"/** {owner.doc}. */")
        if own is not None:  # an error, which is no enumeration
            self.add(f"class {owner.name} extends GLib.Error {{\n"
                     "  static $gtype: GObject.GType<GLib.Error>;")
            for name, value, doc in owner.members:
                self.add(f"/** {doc}. */\nstatic readonly {name}: {value};", 3)
            self.write_members(owner, own)
        else:
            self.add(f"enum {owner.name} {{")
            for name, value, doc in owner.members:
                self.add(f"/** {doc}. */\n{name} = {value},", 3)
        self.add("}")

    def write_others(self):
        known = {owner.name for owner in self.namespace.owners}
        for name, members in self.overrides.classes.items():
            if name not in known:
                self.add(f"class {name} extends GLib.Error {{")
                for texts in members.values():
                    self.add("\n".join(texts), 3)
                self.add("}")
        for call in self.namespace.functions:
            self.add(f"function {call.name}({self.name_parameters(call)}): "
                     f"{self.name_result(call)};")

    def write(self):
        self.add("\n".join([HANDLER, *self.overrides.types]))
        for name, value, kind in self.namespace.constants:
            value = f"'{value}'" if kind.name == "utf8" else value
            self.add(f"const {name} = {value};")
        writers = {"class": self.write_class, "interface": self.write_interface,
                   "record": self.write_record}
        for owner in self.namespace.owners:
            self.lines.append("")
            writers.get(owner.kind, self.write_enumeration)(owner)
        self.lines.append("")
        self.write_others()
        names = {"name": self.namespace.name, "version": self.namespace.version}
        lines = "\n".join(self.lines)
        others = sorted(set(re.findall(r"\b(Hein\w*)\.", lines)) - {names["name"]})
        names["imports"] = "".join(
            f"  import type {other} from 'gi://{other}?version={names['version']}';\n"
            for other in others)
        return HEAD.format(**names) + lines + "\n" + \
            TAIL.format(**names)


def main(gir, overrides=None):
    sys.stdout.write(Writer(Namespace(gir), Overrides(overrides)).write())


main(*sys.argv[1:])
