# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plugins in Python: what goes wrong in a slot is told."""
import functools
import traceback

from gi.repository import GLib

from ._base import Hein, export, override, refuse_nul
from ._errors import Error, raises
from ._messages import to_raw

_plugin_add = refuse_nul(raises(Hein.plugin_add))


@export
def plugin_add(name, plugin):
    """Registers a class of a script: `Hein.plugin_add ("name", Class)`."""
    return _plugin_add(name, getattr(plugin, "__gtype__", plugin))


uri_hide_secrets = export(refuse_nul(Hein.uri_hide_secrets))


def _says_why(slot):
    """What goes wrong in a slot is told as an error of hein, and as every
    failure of a callback on the console."""
    @functools.wraps(slot)
    def call(*args):
        try:
            return slot(*args)
        except GLib.Error:
            raise
        except Exception as error:
            traceback.print_exc()
            raise Error.new(Error.FAILED,
                            f"{type(error).__name__}: {error}") from error
    return call


class _Plugin:
    """Its slots that can fail are named by the class."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in cls._can_fail:
            if name in vars(cls):
                setattr(cls, name, _says_why(vars(cls)[name]))


class Protocol(_Plugin, Hein.Protocol):
    _can_fail = ("do_consume", "do_encode")


Protocol = override(Protocol)


class Transport(_Plugin, Hein.Transport):
    _can_fail = ("do_begin_open", "do_send")
    add_peer = refuse_nul(Hein.Transport.add_peer)
    set_peer_security = refuse_nul(Hein.Transport.set_peer_security)


Transport = override(Transport)


class StreamTransport(Hein.StreamTransport):
    _can_fail = ("do_get_connectable", "do_listen", "do_accepts")
    add_peer = refuse_nul(Hein.StreamTransport.add_peer)
    set_peer_security = refuse_nul(Hein.StreamTransport.set_peer_security)


StreamTransport = override(StreamTransport)


class Filter(_Plugin, Hein.Filter):
    _can_fail = ("do_send", "do_receive")


Filter = override(Filter)


class Strategy(Hein.Strategy):
    new = staticmethod(refuse_nul(raises(Hein.Strategy.new)))


Strategy = override(Strategy)


class Selection(Hein.Selection):
    hold_for = refuse_nul(Hein.Selection.hold_for)


Selection = override(Selection)


class Wire(Hein.Wire):
    def put(self, data):
        return Hein.Wire.put(self, to_raw(data))

    def deliver_data(self, topic, data):
        return Hein.Wire.deliver_data(self, to_raw(topic), to_raw(data))


for _name in ("drop", "offer_name", "set_encoding", "set_instance", "set_note",
              "set_security"):
    setattr(Wire, _name, refuse_nul(getattr(Hein.Wire, _name)))
Wire = override(Wire)
