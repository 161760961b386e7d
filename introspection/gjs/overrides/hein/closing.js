// SPDX-License-Identifier: LGPL-2.1-or-later
// The end of a bus.

/* exported extend */

const { Gio, GLib } = imports.gi;
const { awaits, blocks, define } = imports.overrides.hein.base;
const { waitFor } = imports.overrides.hein.calls;

function canTurn(bus) {
  try {
    bus.check_turn();
    return true;
  } catch (_) {
    return false;
  }
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { close, close_async: start } = bus;

  Gio._promisify(bus, 'close_async', 'close_finish');
  const closeAsync = bus.close_async;

  define(bus, blocks({
    /**
     * Closes in order. Where a main loop turns the bus it only begins to; where
     * nobody does, it returns when every peer has taken everything, within
     * `linger_ms`. Throws: `TIMED_OUT` when a peer did not.
     */
    close() {
      if (this.is_closed || GLib.main_depth() > 0 || !canTurn(this))
        close.call(this);
      else
        waitFor(this, start, this.close_finish, null);
    },
  }));
  define(bus, awaits({
    /**
     * Closes, and awaits that every peer has taken everything. Throws:
     * `TIMED_OUT` when one did not within `linger_ms`.
     *
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<boolean>} true
     */
    close_async(cancellable = null, ...callback) {
      return closeAsync.call(this, cancellable, ...callback);
    },
  }));
}
