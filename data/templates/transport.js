// Sockets with abstract names
imports.gi.versions.Hein = '1';
const { Gio, GObject, Hein } = imports.gi;

// Say here in a sentence what carries the bytes.
const @Camel@ = GObject.registerClass({ GTypeName: '@Camel@' },
class @Camel@ extends Hein.StreamTransport {
  // What stands behind @NAME@:// in the address.
  get_address() {
    if (this.get_host() === '')
      throw Hein.Error.new(Hein.Error.BAD_ADDRESS, 'missing name, write @NAME@://name');
    return Gio.UnixSocketAddress.new_with_type(
      new TextEncoder().encode(`@NAME@/${this.get_host()}`),
      Gio.UnixSocketAddressType.ABSTRACT);
  }

  // Whom to dial; dialling again is hein's.
  vfunc_get_connectable(endpoint) {
    return this.get_address();
  }

  // A bound socket; hein listens on it, and accepts.
  vfunc_listen(endpoint) {
    const socket = Gio.Socket.new(Gio.SocketFamily.UNIX, Gio.SocketType.STREAM,
      Gio.SocketProtocol.DEFAULT);

    socket.bind(this.get_address(), false);
    return socket;
  }

  // Whether somebody who has connected may.
  vfunc_accepts(socket) {
    if (socket.get_credentials().get_unix_user() === new Gio.Credentials().get_unix_user())
      return true;
    throw Hein.Error.new(Hein.Error.REFUSED, 'another user');
  }
});

Hein.plugin_add('@NAME@', @Camel@);
