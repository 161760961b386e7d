// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls that end in a later turn of the bus: awaited, or waited for.

/* exported extend, waitFor */

const { Gio } = imports.gi;
const { awaits, blocks, checkMs, checkText, define } = imports.overrides.hein.base;

function checkPeers(nPeers, timeoutMs) {
  checkMs(timeoutMs);
  if (!(nPeers >= 1))
    throw new RangeError(`the number of peers is at least 1, not ${nPeers}`);
}

// Makes such a call, and turns the bus until it ends.
function waitFor(bus, start, finish, ...args) {
  let end = null;

  bus.check_turn();
  start.call(bus, ...args, (_bus, result) => (end = result));
  while (end === null)
    bus.turn(-1);
  return finish.call(bus, end);
}

function extendAwaited(bus, { dialAsync, pingAsync, waitAsync, confirmAsync }) {
  define(bus, awaits({
    /**
     * Dials, and awaits that the connection is up. Throws: as `dial ()`, and why
     * the connection failed; the endpoint is closed then.
     *
     * @param {string} uri - an address
     * @param {?Gio.Cancellable} cancellable - gives up, and closes the endpoint
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<Hein.Endpoint>} the endpoint
     */
    dial_async(uri, cancellable = null, ...callback) {
      checkText('an address', uri);
      return dialAsync.call(this, uri, cancellable, ...callback);
    },

    /**
     * Awaits which peers give a sign of life.
     *
     * @param {number} timeoutMs - milliseconds, 1 or more
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<Object>} for each name true or false
     */
    ping_async(timeoutMs, cancellable = null, ...callback) {
      checkMs(timeoutMs, 1);
      const answer = pingAsync.call(this, timeoutMs, cancellable, ...callback);

      return answer?.then(names => names.deepUnpack());
    },

    /**
     * Awaits that so many peers take messages. Throws: `TIMED_OUT`, `CLOSED`.
     *
     * @param {number} nPeers - how many
     * @param {number} timeoutMs - milliseconds; -1: for ever
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<boolean>} true
     */
    wait_for_peers_async(nPeers = 1, timeoutMs = -1, cancellable = null,
      ...callback) {
      checkPeers(nPeers, timeoutMs);
      return waitAsync.call(this, nPeers, timeoutMs, cancellable, ...callback);
    },

    /**
     * Awaits that all peers know what the bus has subscribed to. Throws:
     * `TIMED_OUT`, `CLOSED`.
     *
     * @param {number} timeoutMs - milliseconds; -1: for ever
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<boolean>} true
     */
    confirm_subscriptions_async(timeoutMs = -1, cancellable = null, ...callback) {
      checkMs(timeoutMs);
      return confirmAsync.call(this, timeoutMs, cancellable, ...callback);
    },
  }));
}

function extendBlocking(bus) {
  const { turn } = bus;
  const ping = bus._original_ping_async;
  const wait = bus._original_wait_for_peers_async;
  const confirm = bus._original_confirm_subscriptions_async;

  define(bus, blocks({
    /**
     * Does what is to be done, and waits up to so long until there is something.
     * Handlers run within. Throws: `FAILED` in a handler of the bus, and where
     * another thread has it.
     *
     * @param {number} timeoutMs - milliseconds; 0: it does not wait; -1: for ever
     */
    turn(timeoutMs = -1) {
      checkMs(timeoutMs);
      this.check_turn();
      turn.call(this, timeoutMs);
    },

    /**
     * Waits for which peers give a sign of life, and turns the bus meanwhile: as
     * `ping_async ()`, where no main loop runs.
     *
     * @param {number} timeoutMs - milliseconds, 1 or more
     * @returns {Object} for each name true or false
     */
    ping(timeoutMs) {
      checkMs(timeoutMs, 1);
      return waitFor(this, ping, this.ping_finish, timeoutMs, null).deepUnpack();
    },

    /**
     * Waits until so many peers take messages, and turns the bus meanwhile: as
     * `wait_for_peers_async ()`, where no main loop runs. Throws: the same.
     *
     * @param {number} nPeers - how many
     * @param {number} timeoutMs - milliseconds; -1: for ever
     * @returns {boolean} true
     */
    wait_for_peers(nPeers = 1, timeoutMs = -1) {
      checkPeers(nPeers, timeoutMs);
      return waitFor(this, wait, this.wait_for_peers_finish, nPeers, timeoutMs,
        null);
    },

    /**
     * Waits until all peers know what the bus has subscribed to, and turns the bus
     * meanwhile: as `confirm_subscriptions_async ()`, where no main loop runs.
     * Throws: the same.
     *
     * @param {number} timeoutMs - milliseconds; -1: for ever
     * @returns {boolean} true
     */
    confirm_subscriptions(timeoutMs = -1) {
      checkMs(timeoutMs);
      return waitFor(this, confirm, this.confirm_subscriptions_finish, timeoutMs,
        null);
    },
  }));
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;

  for (const name of ['dial', 'ping', 'wait_for_peers', 'confirm_subscriptions'])
    Gio._promisify(bus, `${name}_async`, `${name}_finish`);
  extendBlocking(bus);
  extendAwaited(bus, {
    dialAsync: bus.dial_async,
    pingAsync: bus.ping_async,
    waitAsync: bus.wait_for_peers_async,
    confirmAsync: bus.confirm_subscriptions_async,
  });
}
