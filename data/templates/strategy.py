# Peers take turns
import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


class @Camel@(Hein.Strategy):
    """Say here in a sentence who gets a message."""

    __gtype_name__ = "@Camel@"
    turn = 0

    def do_select(self, peers, key, message, selection):
        """Chooses who gets a message: here the next one that has room, or the
        next one when nobody has. Never blocks."""
        n = peers.get_n_peers()
        if n == 0:
            selection.hold()  # until somebody comes
            return
        for i in range(self.turn, self.turn + n):
            peer = peers.get_peer(i % n)
            if peer.can_take(message):
                self.turn = i % n + 1
                break
        selection.add(peer)


Hein.plugin_add("@NAME@", @Camel@)
