# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plugins in Python: what goes wrong in a slot is told."""
import traceback

from gi.repository import GLib

from ._base import Hein, export, override, refuse_nul, wraps
from ._errors import Error, raises
from ._messages import to_raw
from ._properties import add_properties

_plugin_add = refuse_nul(raises(Hein.plugin_add))


@export
def plugin_add(name, plugin):
    """Registers a class of this program: a transport, a protocol or a strategy.

    `name`: what addresses and `Hein.Strategy.new ()` call it. `plugin`: the class.
    Raises: `BAD_PLUGIN` when it is none, or the name is taken. Thread: any.
    """
    return _plugin_add(name, getattr(plugin, "__gtype__", plugin))


def _says_why(slot):
    """What goes wrong in a slot is told as an error of hein, and as every
    failure of a callback on the console."""
    @wraps(slot)
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

    _can_fail = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in cls._can_fail:
            if name in vars(cls):
                setattr(cls, name, _says_why(vars(cls)[name]))


class Protocol(_Plugin, Hein.Protocol):
    """Turns bytes into messages and back. What a slot raises ends its
    connection, with the text as its error."""

    _can_fail = ("do_consume", "do_encode")


Protocol = override(Protocol)


class Transport(_Plugin, Hein.Transport):
    """Moves messages between peers. What a slot raises is the error of the
    endpoint, or of the send."""

    _can_fail = ("do_begin_open", "do_send")

    def remove_peer(self, peer, reason=None):
        """Tells the bus that a peer is gone. `reason`: the `GLib.Error`; None: it
        left in order. Thread: owner."""
        if reason is None:  # which PyGObject cannot hand to C
            self.peer_left(peer)
        else:
            Hein.Transport.remove_peer(self, peer, reason)


Transport = override(Transport)


class StreamTransport(Hein.StreamTransport):
    """Says whom to dial and where to listen; connections are hein's. What a slot
    raises is the error of the endpoint."""

    _can_fail = ("do_get_connectable", "do_listen", "do_accepts",
                 "do_open_fd")


StreamTransport = override(StreamTransport)


class Filter(_Plugin, Hein.Filter):
    """Changes what a bus sends and receives. What it raises in `do_send` is the
    error of the send."""

    _can_fail = ("do_send", "do_receive")


Filter = override(Filter)


class Strategy(Hein.Strategy):
    """Chooses which peers get a message."""

    @staticmethod
    @refuse_nul
    @raises
    def new(name):
        """Makes the strategy of this name, such as "round-robin". Raises:
        `NO_PLUGIN`. Thread: any."""
        return Hein.Strategy.new(name)


Strategy = override(Strategy)


class Selection(Hein.Selection):
    """What a strategy fills."""


Selection = override(Selection)


class Wire(Hein.Wire):
    """What a protocol writes to, and delivers by."""

    def put(self, data):
        """Writes bytes, or a view of them."""
        Hein.Wire.put(self, to_raw(data))

    def deliver_data(self, topic, data):
        """Delivers a message of bytes, or views of them."""
        return Hein.Wire.deliver_data(self, to_raw(topic), to_raw(data))


Wire = override(Wire)


class PluginInfo(Hein.PluginInfo):
    """What is known of a plugin."""


add_properties(PluginInfo)
PluginInfo = override(PluginInfo)
