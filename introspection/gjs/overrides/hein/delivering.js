// SPDX-License-Identifier: LGPL-2.1-or-later
// Delivering, with a receipt.

/* exported extend */

const { Gio } = imports.gi;
const { awaits, blocks, checkMs, checkText, define } =
  imports.overrides.hein.base;
const { waitFor } = imports.overrides.hein.calls;
const { toMessage } = imports.overrides.hein.messages;

// A message, or an array of what it is made of.
function makeMessage(Hein, message) {
  return toMessage(Hein, ...Array.isArray(message) ? message : [message]);
}

function extendReceipt(Hein) {
  define(Hein.Receipt.prototype, {
    /** How many peers the message was for. */
    get n_peers() {
      return this.get_n_peers();
    },

    /** How many peers have handled it. */
    get n_acknowledged() {
      return this.get_n_acknowledged();
    },

    /** How many have not handled it, and will not. */
    get n_failed() {
      return this.get_n_failed();
    },

    /** How many may have handled it. */
    get n_unknown() {
      return this.get_n_unknown();
    },

    /** An object for each peer: `peer`, `outcome`, and `error`, null where it has
     * acknowledged. */
    get outcomes() {
      return Array.from({ length: this.get_n_peers() }, (_, i) => ({
        peer: this.get_peer(i),
        outcome: this.get_outcome(i),
        error: this.get_error(i),
      }));
    },

    toString() {
      return `[Hein.Receipt ${this.get_n_acknowledged()} acknowledged, ` +
        `${this.get_n_failed()} failed, ${this.get_n_unknown()} unknown]`;
    },
  });
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { deliver_async: deliver } = bus;

  extendReceipt(Hein);
  Gio._promisify(bus, 'deliver_async', 'deliver_finish');
  Gio._promisify(bus, 'deliver_to_async', 'deliver_finish');
  const { deliver_async: deliverAsync, deliver_to_async: deliverToAsync } = bus;

  define(bus, blocks({
    /**
     * Delivers, and turns the bus until the receipt is there: as
     * `deliver_async ()`, where no main loop runs. Throws: the same.
     *
     * @param {*} message - a message, or an array of what it is made of
     * @param {number} timeoutMs - as there
     * @returns {Hein.Receipt} what became of it
     */
    deliver(message, timeoutMs = -1) {
      checkMs(timeoutMs);
      return waitFor(this, deliver, this.deliver_finish,
        makeMessage(Hein, message), timeoutMs, null);
    },
  }));
  define(bus, awaits({
    /**
     * Sends to whom the strategy chooses, and awaits what becomes of it. Throws at
     * once: `NO_PEER`, `FAILED` when they cannot acknowledge, `WOULD_BLOCK`,
     * `TOO_LARGE`, `CLOSED`.
     *
     * @param {*} message - a message, or an array of what it is made of
     * @param {number} timeoutMs - milliseconds; -1: for as long as the peers are
     *   there
     * @param {?Gio.Cancellable} cancellable - gives up, and does not take it back
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<Hein.Receipt>} what became of it
     */
    deliver_async(message, timeoutMs = -1, cancellable = null, ...callback) {
      checkMs(timeoutMs);
      return deliverAsync.call(this, makeMessage(Hein, message), timeoutMs,
        cancellable, ...callback);
    },

    /**
     * Delivers to the peer of this name; otherwise as `deliver_async ()`.
     *
     * @param {string} name - its name
     * @param {*} message - a message, or an array of what it is made of
     * @param {number} timeoutMs - as there
     * @param {?Gio.Cancellable} cancellable - as there
     * @param {...*} callback - as there
     * @returns {Promise<Hein.Receipt>} what became of it
     */
    deliver_to_async(name, message, timeoutMs = -1, cancellable = null,
      ...callback) {
      checkText('a name', name);
      checkMs(timeoutMs);
      return deliverToAsync.call(this, name, makeMessage(Hein, message), timeoutMs,
        cancellable, ...callback);
    },
  }));
}
