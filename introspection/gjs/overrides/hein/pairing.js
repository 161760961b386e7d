// SPDX-License-Identifier: LGPL-2.1-or-later
// Making keys known to each other by a code.

/* exported extend */

const { Gio } = imports.gi;
const { awaits, checkText, define, refuseNul } = imports.overrides.hein.base;

function extend(Hein) {
  const pairing = Hein.Pairing.prototype;

  for (const name of ['listen', 'dial'])
    Gio._promisify(pairing, `${name}_async`, `${name}_finish`);
  const { listen_async: listenAsync, dial_async: dialAsync } = pairing;

  refuseNul(Hein.Pairing, 'new');
  define(pairing, {
    /** For how much longer the code is valid, in milliseconds. */
    get remaining_ms() {
      return this.get_remaining();
    },
  });
  define(pairing, awaits({
    /**
     * Shows a code, which is there when this returns, and awaits the side that
     * types it. Throws: what `listen_finish ()` says.
     *
     * @param {?string} address - where; null: a free port of all interfaces
     * @param {?Gio.Cancellable} cancellable - gives up
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<string>} the name of the other side
     */
    listen_async(address = null, cancellable = null, ...callback) {
      if (address !== null)
        checkText('an address', address);
      return listenAsync.call(this, address, cancellable, ...callback);
    },

    /**
     * Pairs with the side that shows a code. Throws: what `listen_finish ()` says.
     *
     * @param {string} address - what it shows, or what its QR code says
     * @param {?string} code - the code; null: it is in the address
     * @param {?Gio.Cancellable} cancellable - gives up
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<string>} the name of the other side
     */
    dial_async(address, code = null, cancellable = null, ...callback) {
      checkText('an address', address);
      if (code !== null)
        checkText('a code', code);
      return dialAsync.call(this, address, code, cancellable, ...callback);
    },
  }));
}
