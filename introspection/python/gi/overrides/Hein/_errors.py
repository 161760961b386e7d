# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors: such that `except Hein.Error` catches them, and that read well."""
from gi.repository import GLib

from ._base import Hein, export, wraps

_Code = Hein.Error
DOMAIN = GLib.quark_to_string(_Code.quark())


class _ErrorMeta(type):
    """`isinstance (error, Hein.Error)` is true for what signals bring, too."""

    def __instancecheck__(cls, error):
        return isinstance(error, GLib.Error) and error.domain == DOMAIN


@export
class Error(GLib.Error, metaclass=_ErrorMeta):
    """A failure of hein; `code` is one of the constants of this class."""

    @staticmethod
    def quark():
        return _Code.quark()

    @classmethod
    def new(cls, code, message):
        """Makes one, for plugins to raise."""
        return cls(message, DOMAIN, int(code))


Error.__module__ = "gi.repository.Hein"  # as tracebacks show it
for _name in dir(_Code):
    if _name.isupper():
        setattr(Error, _name, getattr(_Code, _name))


ANSWER_DOMAIN = GLib.quark_to_string(Hein.answer_error_domain())


class _AnswerErrorMeta(type):
    """`isinstance (error, Hein.AnswerError)` is true for what C brings, too."""

    def __instancecheck__(cls, error):
        return isinstance(error, GLib.Error) and error.domain == ANSWER_DOMAIN


@export
class AnswerError(GLib.Error, metaclass=_AnswerErrorMeta):
    """The answer to a request, of the application that was asked: `code` and
    `message` are what it has given. Who serves raises it."""

    def __init__(self, code, message):
        """Makes one. `code`: a number of 32 bits, whose meaning is the
        application's. `message`: why."""
        super().__init__(message, ANSWER_DOMAIN, int(code))

    def __str__(self):
        return f"{self.message} ({self.code})"


AnswerError.__module__ = "gi.repository.Hein"  # as tracebacks show it


@export
def error_quark():
    """Gets the domain for `GLib.Error.matches ()`."""
    return _Code.quark()


def _read_well():
    """Signals bring errors of hein as plain GLib.Errors, whose text begins with
    the name of the domain and ends with a number."""
    to_str, to_repr = GLib.Error.__str__, GLib.Error.__repr__

    def __str__(self):
        return self.message if self.domain == DOMAIN else to_str(self)

    def __repr__(self):
        if self.domain != DOMAIN:
            return to_repr(self)
        return f"Hein.Error.new(Hein.Error.{_Code(self.code).value_nick.upper()}, " \
            f"{self.message!r})".replace("-", "_", 1)

    GLib.Error.__str__, GLib.Error.__repr__ = __str__, __repr__


_read_well()


def translate(error):
    """What signals and C bring, as an error that `except Hein.Error` catches."""
    if isinstance(error, AnswerError):
        return AnswerError(error.code, error.message)
    if isinstance(error, Error) and type(error) is not Error:
        return Error(error.message, error.domain, error.code)
    return error


def raises(function):
    """Makes errors of hein such that `except Hein.Error` catches them."""
    @wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except GLib.Error as error:
            raise translate(error) from None
    return call
