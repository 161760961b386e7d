# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all modules of the override use."""
import asyncio
import functools

from gi._gi import Direction
from gi.module import get_introspection_module
from gi.overrides import override as _gi_override

# the classes as they are introspected, not those of this override
Hein = get_introspection_module("Hein")
exports = []

# the loop that runs in this thread, or None
get_running_loop = asyncio._get_running_loop


def export(item):
    """Makes it a name of the namespace."""
    exports.append(item.__name__)
    return item


def wraps(function):
    """As that of functools; what is shown is the name of the function of C."""
    def wrap(call):
        call = functools.wraps(function)(call)
        call.__qualname__ = getattr(function, "__qualname__", function.__name__)
        return call
    return wrap


def refuse_nul(function):
    """C ends a text at its first NUL: rather than a part of it, nothing is
    taken."""
    @wraps(function)
    def call(*args, **kwargs):
        for text in (*args, *kwargs.values()):
            if type(text) is str and "\0" in text:
                raise ValueError(f"there is a NUL in {text!r}")
        return function(*args, **kwargs)
    return call


def _takes_text(function):
    return hasattr(function, "get_arguments") and any(
        argument.get_type().get_tag_as_string() == "utf8"
        and argument.get_direction() == Direction.IN
        for argument in function.get_arguments())


def _fails(function):
    return hasattr(function, "can_throw_gerror") and function.can_throw_gerror()


def _refuse_nul_in(cls, original):
    """In every method that takes a text, unless the override has its own."""
    ours = {name for base in cls.__mro__[:cls.__mro__.index(original)]
            for name in vars(base)}
    for name, function in vars(original).items():
        if name in ours or name.startswith(("_", "do_")) or \
                not _takes_text(function):
            continue
        if function.is_method():
            setattr(cls, name, refuse_nul(function))
        else:  # as it is bound to the class
            setattr(cls, name, staticmethod(refuse_nul(getattr(original, name))))


def takes_whole(function):
    """C takes objects of gi, and not each message that was received is one."""
    @wraps(function)
    def call(*args, **kwargs):
        return function(*map(_to_whole, args),
                        **{name: _to_whole(value) for name, value in kwargs.items()})
    return call


def _to_whole(value):
    return value._whole() if isinstance(value, Hein.Message) else value


def _takes_message(function):
    return hasattr(function, "get_arguments") and any(
        argument.get_type().get_tag_as_string() == "interface"
        and argument.get_type().get_interface().get_name() == "Message"
        and argument.get_direction() == Direction.IN
        for argument in function.get_arguments())


def _take_whole_in(cls, original):
    """In every method that takes a message, unless the override has its own."""
    for name, function in vars(original).items():
        if not name.startswith(("_", "do_")) and _takes_message(function) and \
                getattr(cls, name, None) is getattr(original, name):
            setattr(cls, name, takes_whole(function))


def override(cls):
    """Makes PyGObject use the class in place of the introspected one."""
    original = getattr(Hein, cls.__name__)
    _refuse_nul_in(cls, original)
    _take_whole_in(cls, original)
    # gi finds the namespace by the module, which is not to show this file
    cls.__module__ = "gi.overrides.Hein"
    return export(_gi_override(cls))


def export_others(raises):
    """The functions of the namespace that take a text, likewise, and those that
    fail, of whose errors `raises` makes such that `except Hein.Error` catches."""
    for name in dir(Hein):
        function = getattr(Hein, name)
        if name not in exports and not name.startswith("_") and \
                (_takes_text(function) or _fails(function)):
            yield export(refuse_nul(raises(function)))


def check_ms(timeout_ms, least=None):
    """A time is a whole number of milliseconds: half a second is no 0.5."""
    if not isinstance(timeout_ms, int):
        raise TypeError("a time is a whole number of milliseconds, not "
                        f"{timeout_ms!r}")
    if least is not None and timeout_ms < least:
        raise ValueError(f"a time is at least {least} ms, not {timeout_ms!r}")


def blocks(function):
    """Marks what waits before it returns. Nothing else that is called does."""
    function.waits = "blocks"
    return function


def awaits(function):
    """Marks what is awaited. Its name ends with `_async`."""
    function.waits = "awaits"
    return function
