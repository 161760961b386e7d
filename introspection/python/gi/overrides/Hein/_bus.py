# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bus, of its parts."""
from ._base import Hein, override, refuse_nul
from ._ending import Ending
from ._errors import raises
from ._owning import Owning, attaching, owned
from ._receiving import Receiving
from ._sending import Sending
from ._values import PeerTuple


class Bus(Ending, Receiving, Sending, Owning, Hein.Bus):
    def __init__(self, name=None, **properties):
        if not isinstance(name, (str, type(None))):
            raise TypeError(f"a name is a text, not {type(name).__name__}")
        if name is not None and "\0" in name:
            raise ValueError(f"there is a NUL in the name {name!r}")
        self._make(name=name, **properties)

    @staticmethod
    def new(name=None):
        return Bus(name)

    name = property(Hein.Bus.get_name)
    is_closed = property(Hein.Bus.get_is_closed)

    def __repr__(self):
        state = "closed" if self.is_closed else "open"
        return f"<Hein.Bus {self.name!r}, {len(self.peers)} peers, {state}>"

    # who is there

    @owned
    def _list_peers(self):
        peers = self.get_peers()
        return PeerTuple(peers.get_peer(i) for i in range(peers.get_n_peers()))

    @owned
    def _list_endpoints(self):
        return list(self.get_endpoints())

    peers = property(_list_peers)
    endpoints = property(_list_endpoints)

    @owned
    def subscribe(self, prefix):
        """Asks for messages whose topic begins so."""
        Hein.Bus.check_subscription(self, prefix)
        Hein.Bus.subscribe(self, prefix)

    # these are allowed from any thread
    _send_to = refuse_nul(raises(Hein.Bus.send_to))
    _send_with = refuse_nul(raises(Hein.Bus.send_with))
    subscribe = refuse_nul(subscribe)


for _name in ("receive_finish", "send_finish", "dial_finish", "close_finish",
              "get_fd", "set_strategy", "get_strategy", "get_n_dropped",
              "get_memory_used", "receive_async", "close_async", "ping_finish",
              "wait_for_peers_finish", "add_filter", "remove_filter"):
    setattr(Bus, _name, owned(getattr(Hein.Bus, _name)))
for _name in ("unsubscribe", "get_latest", "get_latest_from", "get_latest_of",
              "check_subscription"):
    setattr(Bus, _name, refuse_nul(owned(getattr(Hein.Bus, _name))))
for _name in ("listen", "dial"):
    setattr(Bus, _name, refuse_nul(attaching(getattr(Hein.Bus, _name))))
for _name in ("close", "send_async", "ping_async", "wait_for_peers_async"):
    setattr(Bus, f"_{_name}", owned(getattr(Hein.Bus, _name)))
Bus._dial_async = refuse_nul(owned(Hein.Bus.dial_async))
Bus = override(Bus)
