# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads a GIR the way bindings see it: without the parameters they fill in
themselves, and with outputs beside the result."""
import re
import xml.etree.ElementTree as ElementTree

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"


class Type:
    """`name` is that of the GIR, `item` what a list has in it."""

    def __init__(self, element):
        inner = element.find(CORE + "array")
        self.is_list = inner is not None
        if inner is None:
            inner = element.find(CORE + "type")
        self.name = "none" if inner is None else inner.get("name", "")
        self.is_list = self.is_list or self.name == "GLib.List"
        self.length = inner.get("length") if self.is_list else None
        self.item = Type(inner) if self.is_list else None


class Value:
    """A parameter, a result or a property."""

    def __init__(self, element):
        self.name = element.get("name", "")
        self.type = Type(element)
        self.is_nullable = element.get("nullable") == "1"
        self.direction = element.get("direction", "in")
        self.closure = element.get("closure")
        self.destroy = element.get("destroy")
        self.is_callback = element.get("scope") is not None and \
            self.type.name != "GLib.DestroyNotify"


class Call:
    """A method, a function, a constructor, a slot or a signal."""

    def __init__(self, element):
        self.name = element.get("name")
        self.kind = element.tag.removeprefix(CORE).removeprefix(GLIB)
        self.throws = element.get("throws") == "1"
        self.doc = get_summary(element)
        holder = element.find(CORE + "parameters")
        values = [] if holder is None else [
            Value(child) for child in holder.findall(CORE + "parameter")]
        returned = element.find(CORE + "return-value")
        self.result = None if returned is None else Value(returned)
        hidden = self._list_hidden(values)
        self.has_callback = any(value.is_callback for value in values)
        self.inputs = [value for i, value in enumerate(values)
                       if i not in hidden and value.direction != "out"]
        self.outputs = [value for i, value in enumerate(values)
                        if i not in hidden and value.direction != "in"]
        if self.result is not None and self.result.type.name != "none":
            self.outputs.insert(0, self.result)

    def _list_hidden(self, values):
        """Lengths of arrays, user data, and what destroys that."""
        hidden = set()
        lists = [value.type.length for value in values]
        if self.result is not None:
            lists.append(self.result.type.length)
        for index in lists:
            if index is not None:
                hidden.add(int(index))
        for value in values:
            if value.is_callback:
                hidden |= {int(index) for index in (value.closure, value.destroy)
                           if index is not None}
        return hidden

    def count_optional(self):
        """How many inputs at the end may be left out."""
        count = 0
        for value in reversed(self.inputs):
            if not value.is_nullable:
                break
            count += 1
        return count


class Property(Value):
    """`is_nullable` is said by the function that gets it."""

    def __init__(self, element, getters):
        super().__init__(element)
        self.attribute = self.name.replace("-", "_")
        self.is_writable = element.get("writable") == "1"
        self.is_construct_only = element.get("construct-only") == "1"
        self.is_readable = element.get("readable", "1") == "1"
        getter = getters.get(element.get("getter") or f"get_{self.attribute}")
        if getter is not None and getter.result is not None:
            self.is_nullable = getter.result.is_nullable
        elif self.type.name in ("utf8", "filename"):
            self.is_nullable = True


class Owner:
    """A class, an interface, a structure or an enumeration."""

    def __init__(self, element):
        self.name = element.get("name")
        self.kind = element.tag.removeprefix(CORE)
        self.parent = element.get("parent")
        self.is_abstract = element.get("abstract") == "1"
        self.struct_for = element.get(GLIB + "is-gtype-struct-for")
        self.type_struct = element.get(GLIB + "type-struct")
        self.doc = get_summary(element)
        self.interfaces = [child.get("name")
                           for child in element.findall(CORE + "implements")]
        self.calls = [Call(child) for kind in
                      ("constructor", "function", "method", "virtual-method")
                      for child in list_seen(element, kind)]
        getters = {call.name: call for call in self.calls if call.kind == "method"}
        self.properties = [Property(child, getters)
                           for child in list_seen(element, "property")]
        self.signals = [Call(child) for child in element.findall(GLIB + "signal")]
        self.members = [(child.get("name").upper(), int(child.get("value")),
                         get_summary(child))
                        for child in element.findall(CORE + "member")]
        self.fields = [Value(child) for child in list_seen(element, "field")
                       if child.get("private") != "1"]


class Namespace:
    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        element = root.find(CORE + "namespace")
        self.name = element.get("name")
        self.version = element.get("version")
        # in the order of the file, which is that of the alphabet
        self.owners = [Owner(child) for kind in
                       ("class", "interface", "record", "bitfield", "enumeration")
                       for child in list_seen(element, kind)]
        self.callbacks = {child.get("name"): Call(child)
                          for child in list_seen(element, "callback")}
        self.functions = [Call(child) for child in list_seen(element, "function")]
        self.constants = [(child.get("name"), child.get("value"), Type(child))
                          for child in list_seen(element, "constant")]


def list_seen(element, kind):
    return [child for child in element.findall(CORE + kind)
            if child.get("introspectable") != "0"]


def get_summary(element):
    """The first sentence of what is written about it, in one line."""
    text = element.findtext(CORE + "doc") or ""
    line = re.sub(r"\s+", " ", text.partition("\n\n")[0]).strip()
    line = re.sub(r"\[\w+@([\w.:-]+)\]", r"`\1`", line)
    line = re.sub(r"[@%#](?=\w)", "", line)
    return line.partition(". ")[0].rstrip(".:")
