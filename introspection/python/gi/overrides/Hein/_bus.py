# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bus, of its parts."""
from ._asking import Asking
from ._asyncio import Looping
from ._awaiting import Awaiting
from ._base import Hein, override, refuse_nul
from ._calls import Calling
from ._closing import Closing
from ._delivering import Delivering
from ._errors import raises
from ._owner import Owning, attaching, owned
from ._peers import PeerTuple
from ._posting import Posting
from ._properties import add_properties
from ._receiving import Receiving
from ._sending import Sending
from ._thread import Starting


class Bus(Closing, Awaiting, Receiving, Sending, Asking, Delivering, Posting,
          Calling, Looping, Starting, Owning, Hein.Bus):
    """What a program holds: its name, its endpoints, its peers, and what comes
    and goes."""

    def __init__(self, name=None, **properties):
        """Makes a bus.

        `name`: at most 255 bytes of UTF-8 without control characters; None or
        "": one is made up. `properties`: those of GObject, such as `linger_ms=100`. Raises:
        `TypeError`, `ValueError`.
        """
        if not isinstance(name, (str, type(None))):
            raise TypeError(f"a name is text, not {type(name).__name__}")
        if name is not None and "\0" in name:
            raise ValueError(f"there is a NUL in the name {name!r}")
        if name and not Hein.name_is_valid(name.encode()):
            raise ValueError("a name has at most 255 bytes of UTF-8 and no control "
                             f"characters, not {name!r}")
        self._make(name=name, **properties)

    @staticmethod
    def new(name=None):
        """Makes a bus, as `Hein.Bus ()` does."""
        return Bus(name)

    def _forget(self):
        """In a forked child it belongs to nobody."""
        self._turner = self._loop = self._stay = None
        self._waiters.clear()
        self._forget_ahead()

    def __repr__(self):
        state = "closed" if self.is_closed else "open"
        return f"<Hein.Bus {self.name!r}, {len(self.peers)} peers, {state}>"

    # where it is, and who is there

    @refuse_nul
    @attaching
    def listen(self, uri):
        """Listens on an address; gives the endpoint, whose `bound_uri` is what
        others dial. Raises: `BAD_ADDRESS`, `NO_PLUGIN`, `INSECURE`, `CLOSED`, a
        `GLib.Error` of the system. Thread: owner."""
        return Hein.Bus.listen(self, uri)

    @refuse_nul
    @attaching
    def dial(self, uri):
        """Goes to an address, again and again, whether or not somebody is there
        yet; gives the endpoint. Raises: `BAD_ADDRESS`, `NO_PLUGIN`, `INSECURE`,
        `CLOSED`. Thread: owner."""
        return Hein.Bus.dial(self, uri)

    @owned
    def _list_peers(self):
        peers = self.get_peers()
        return PeerTuple(peers.get_peer(i) for i in range(peers.get_n_peers()))

    @owned
    def _list_endpoints(self):
        return list(self.get_endpoints())

    peers = property(_list_peers, doc="Who is there at this moment: a tuple, in "
                     "which `peers[\"kirk\"]` finds one by name.")
    endpoints = property(_list_endpoints,
                         doc="Where it listens and dials at this moment: a list.")

    # what it asks for, and keeps

    @refuse_nul
    @owned
    def subscribe(self, prefix):
        """Asks for messages whose topic begins so. Raises: `TOO_LARGE` over 255
        bytes, `REFUSED` when there are 100,000. Thread: owner."""
        Hein.Bus.subscribe(self, prefix)

    @refuse_nul
    @owned
    def unsubscribe(self, prefix):
        """Takes `subscribe ()` back. Thread: owner."""
        Hein.Bus.unsubscribe(self, prefix)

    @refuse_nul
    @owned
    def subscribe_pattern(self, pattern):
        """Asks for messages whose topic matches: `*` is a level between slashes,
        `**` any number of them. Raises: `FAILED` when it is no pattern,
        `TOO_LARGE` over 255 bytes, `REFUSED` when there are 10,000. Thread: owner."""
        Hein.Bus.subscribe_pattern(self, pattern)

    @refuse_nul
    @owned
    def unsubscribe_pattern(self, pattern):
        """Takes `subscribe_pattern ()` back. Thread: owner."""
        Hein.Bus.unsubscribe_pattern(self, pattern)

    @refuse_nul
    @owned
    def get_latest(self, topic):
        """Gets the newest message of a topic from each peer, a list, the one that
        came last at its end; needs `keep_latest`. Thread: owner."""
        return Hein.Bus.get_latest(self, topic)


# what other threads may call of a started bus
for _name in ("receive_finish", "send_finish", "dial_finish", "close_finish",
              "get_fd", "set_strategy", "get_strategy", "get_n_dropped",
              "get_memory_used", "ping_finish", "request_finish", "deliver_finish",
              "wait_for_peers_finish", "confirm_subscriptions_finish",
              "add_filter", "remove_filter"):
    setattr(Bus, _name, owned(getattr(Hein.Bus, _name)))

# those of C, below what blocks and awaits
for _name in ("close", "close_async", "receive_async", "send_async", "dial_async",
              "ping_async", "request_async", "request_to_async",
              "deliver_async", "deliver_to_async",
              "wait_for_peers_async", "confirm_subscriptions_async"):
    setattr(Bus, f"_{_name}", refuse_nul(owned(getattr(Hein.Bus, _name))))
add_properties(Bus, owned)
Bus = override(Bus)
