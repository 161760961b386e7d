# SPDX-License-Identifier: LGPL-2.1-or-later
"""The properties of GObject as plain attributes, `bus.linger_ms = 100`."""
from gi.repository import GObject


def _make_getter(cls, name, attribute):
    get = getattr(cls, f"get_{attribute}", None)
    return get or (lambda self: self.get_property(name))


def _make_setter(name, wrap):
    def set_value(self, value):
        self.set_property(name, value)

    return wrap(set_value)


def add_properties(cls, wrap=lambda function: function):
    """Adds those that the class has not defined itself. `wrap` is put round
    what sets one."""
    for spec in cls.list_properties():
        attribute = spec.name.replace("-", "_")
        if attribute in vars(cls):
            continue
        can_set = spec.flags & GObject.ParamFlags.WRITABLE and \
            not spec.flags & GObject.ParamFlags.CONSTRUCT_ONLY
        setattr(cls, attribute, property(
            _make_getter(cls, spec.name, attribute),
            _make_setter(spec.name, wrap) if can_set else None,
            doc=f"The property `{spec.name}`, a {spec.value_type.name}."))
