# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is there, and where: peers and endpoints."""
from ._base import Hein, override, refuse_nul
from ._errors import translate


class Peer(Hein.Peer):
    name = property(Hein.Peer.get_name)
    get_latest = refuse_nul(Hein.Peer.get_latest)

    def __repr__(self):
        state = "up" if self.get_is_up() else "gone"
        return f"<Hein.Peer {self.name!r}, {self.get_transport()}, {state}>"


Peer = override(Peer)


class Peers(Hein.Peers):
    lookup = refuse_nul(Hein.Peers.lookup)


Peers = override(Peers)


class Endpoint(Hein.Endpoint):
    uri = property(Hein.Endpoint.get_uri)
    bound_uri = property(Hein.Endpoint.get_bound_uri)
    state = property(Hein.Endpoint.get_state)
    set_bound_uri = refuse_nul(Hein.Endpoint.set_bound_uri)

    def get_error(self):
        return translate(Hein.Endpoint.get_error(self))

    def __repr__(self):
        uri = Hein.uri_hide_secrets(self.bound_uri or self.uri)
        return (f"<Hein.Endpoint {self.get_role().value_nick} {uri}, "
                f"{self.state.value_nick}>")


Endpoint = override(Endpoint)


class PeerTuple(tuple):
    """The peers at one moment; `peers["kirk"]` finds one by name."""

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        for peer in self:
            if peer.name == key:
                return peer
        raise KeyError(key)

    def __contains__(self, key):
        if not isinstance(key, str):
            return super().__contains__(key)
        return any(peer.name == key for peer in self)
