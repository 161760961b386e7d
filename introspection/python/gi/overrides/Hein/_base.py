# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all modules of the override use."""
import asyncio
import functools

from gi.module import get_introspection_module
from gi.overrides import override as _gi_override

# the classes as they are introspected, not those of this override
Hein = get_introspection_module("Hein")
exports = []

# the loop that runs in this thread, or None
get_running_loop = asyncio._get_running_loop


def export(item):
    exports.append(item.__name__)
    return item


def override(cls):
    """Makes PyGObject use the class in place of the introspected one."""
    # gi finds the namespace by the module, which is not to show this file
    cls.__module__ = "gi.overrides.Hein"
    return export(_gi_override(cls))


def refuse_nul(function):
    """C ends a text at its first NUL: rather than a part of it, nothing is
    taken."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        for text in (*args, *kwargs.values()):
            if type(text) is str and "\0" in text:
                raise ValueError(f"there is a NUL in {text!r}")
        return function(*args, **kwargs)
    return call
