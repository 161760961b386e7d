// SPDX-License-Identifier: LGPL-2.1-or-later
// Plugins in JavaScript: what goes wrong in a slot is told.

/* exported extend */

const { GLib } = imports.gi;
const { refuseNul, takeBytes } = imports.overrides.hein.base;

// What a slot throws would reach others as an exception of JavaScript, which
// has no code: it is told as an error of hein, and on the console.
function saysWhy(Hein, slot) {
  return function (...args) {
    try {
      return slot.apply(this, args);
    } catch (error) {
      if (error instanceof GLib.Error)
        throw error;
      printerr(`${error}\n${error.stack}`);
      throw Hein.Error.new(Hein.Error.FAILED, `${error}`);
    }
  };
}

// `GObject.registerClass ()` calls this with the class.
function watchSlots(Hein, base, ...names) {
  const classInit = base._classInit;

  base._classInit = function (cls) {
    for (const name of names) {
      if (Object.hasOwn(cls.prototype, name))
        cls.prototype[name] = saysWhy(Hein, cls.prototype[name]);
    }
    return classInit.call(this, cls);
  };
}

function extend(Hein) {
  const wire = Hein.Wire.prototype;

  refuseNul(Hein, 'access_explain', 'hash_text', 'identity_certify', 'identity_make',
    'identity_make_authority', 'plugin_add', 'topic_matches');
  refuseNul(Hein.Strategy, 'new');
  refuseNul(Hein.Selection.prototype, 'hold_for');
  refuseNul(Hein.Transport.prototype, 'add_peer', 'set_bound_uri',
    'set_peer_security');
  refuseNul(wire, 'drop', 'offer_name', 'set_encoding', 'set_instance',
    'set_note', 'set_security');
  takeBytes(wire, 'put', 0);
  takeBytes(wire, 'deliver_data', 0, 1);
  watchSlots(Hein, Hein.Protocol, 'vfunc_consume', 'vfunc_encode');
  watchSlots(Hein, Hein.Transport, 'vfunc_begin_open', 'vfunc_send');
  watchSlots(Hein, Hein.StreamTransport, 'vfunc_get_connectable',
    'vfunc_listen', 'vfunc_accepts', 'vfunc_open_fd');
}
