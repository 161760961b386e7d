# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is there: peers."""
from ._base import Hein, awaits, check_ms, override, refuse_nul
from ._errors import Error
from ._owner import owned_part
from ._properties import add_properties

_ping_async = Hein.Peer.ping_async
_start_ping = owned_part(_ping_async)


class Peer(Hein.Peer):
    """One party at the other end. It stays what it was when it is gone."""

    def _find_bus(self):
        endpoint = self.get_endpoint()
        return None if endpoint is None else endpoint.get_bus()

    ping_finish = owned_part(Hein.Peer.ping_finish)

    @owned_part
    def close(self):
        """Ends the connection in order. Thread: owner."""
        Hein.Peer.close(self)

    @awaits
    def ping_async(self, timeout_ms, cancellable=None, callback=None, *data):
        """Awaits whether the peer gives a sign of life.

        `timeout_ms`: milliseconds, 1 or more. Raises: `TIMED_OUT`; `CLOSED` when
        the peer goes; `FAILED` when its protocol knows no such question. With a
        callback it is that of C. Thread: owner.
        """
        check_ms(timeout_ms, least=1)
        if callback is not None:
            return _start_ping(self, timeout_ms, cancellable, callback, *data)
        return self._ping(timeout_ms, cancellable)

    async def _ping(self, timeout_ms, cancellable):
        bus = self._find_bus()
        if bus is None:
            raise Error.new(Error.CLOSED, f"the bus of {self.name!r} is closed")
        return await bus._ask(lambda bus, *args: _ping_async(self, *args),
                              lambda bus, result: self.ping_finish(result),
                              timeout_ms, cancellable=cancellable)

    @refuse_nul
    @owned_part
    def get_latest(self, topic):
        """Gets the newest message of a topic that this peer has sent, or None.
        The bus has to keep them: `keep_latest`. Thread: owner."""
        return Hein.Peer.get_latest(self, topic)

    def __repr__(self):
        state = "up" if self.get_is_up() else "gone"
        return f"<Hein.Peer {self.name!r}, {self.get_transport_name()}, {state}>"


add_properties(Peer)
Peer = override(Peer)


class Peers(Hein.Peers):
    """A `Gio.ListModel` of those who are there now; `bus.peers` is easier."""


Peers = override(Peers)


class PeerTuple(tuple):
    """The peers at one moment; `peers["kirk"]` finds one by name."""

    def lookup(self, name):
        """Finds a peer by its name; None: it was not there."""
        return next((peer for peer in self if peer.name == name), None)

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        peer = self.lookup(key)
        if peer is None:
            raise KeyError(key)
        return peer

    def __contains__(self, key):
        if not isinstance(key, str):
            return super().__contains__(key)
        return self.lookup(key) is not None
