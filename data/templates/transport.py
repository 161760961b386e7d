# Sockets with abstract names
import os

import gi

gi.require_version("Hein", "1")
from gi.repository import Gio, Hein


class @Camel@(Hein.StreamTransport):
    """Say here in a sentence what carries the bytes."""

    __gtype_name__ = "@Camel@"

    def get_address(self):
        """What stands behind @NAME@:// in the address."""
        if not self.get_host():
            raise Hein.Error.new(Hein.Error.BAD_ADDRESS,
                                 "missing name, write @NAME@://name")
        return Gio.UnixSocketAddress.new_with_type(
            list(f"@NAME@/{self.get_host()}".encode()),
            Gio.UnixSocketAddressType.ABSTRACT)

    def do_get_connectable(self, endpoint):
        """Whom to dial; dialling again is hein's."""
        return self.get_address()

    def do_listen(self, endpoint):
        """A bound socket; hein listens on it, and accepts."""
        socket = Gio.Socket.new(Gio.SocketFamily.UNIX, Gio.SocketType.STREAM,
                                Gio.SocketProtocol.DEFAULT)
        socket.bind(self.get_address(), False)
        return socket

    def do_accepts(self, socket):
        """Whether somebody who has connected may."""
        if socket.get_credentials().get_unix_user() == os.getuid():
            return True
        raise Hein.Error.new(Hein.Error.REFUSED, "another user")


Hein.plugin_add("@NAME@", @Camel@)
