// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is there: peers.

/* exported extend, PeerArray */

const { Gio } = imports.gi;
const { awaits, checkMs, define, refuseNul } = imports.overrides.hein.base;

// The peers at one moment.
var PeerArray = class PeerArray extends Array {
  static get [Symbol.species]() {
    return Array;
  }

  /**
   * Finds a peer by its name.
   *
   * @param {string} name - its name
   * @returns {?Hein.Peer} the peer; null: it was not there
   */
  lookup(name) {
    return this.find(peer => peer.get_name() === name) ?? null;
  }
};

function extend(Hein) {
  const peer = Hein.Peer.prototype;

  Gio._promisify(peer, 'ping_async', 'ping_finish');
  const pingAsync = peer.ping_async;

  refuseNul(peer, 'get_latest');
  refuseNul(Hein.Peers.prototype, 'lookup');
  define(peer, awaits({
    /**
     * Awaits whether the peer gives a sign of life. Throws: `TIMED_OUT`;
     * `CLOSED` when the peer goes; `FAILED` when its protocol knows no such
     * question.
     *
     * @param {number} timeoutMs - milliseconds, 1 or more
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<boolean>} true
     */
    ping_async(timeoutMs, cancellable = null, ...callback) {
      checkMs(timeoutMs, 1);
      return pingAsync.call(this, timeoutMs, cancellable, ...callback);
    },
  }));
  define(peer, {
    toString() {
      return `[Hein.Peer ${this.get_name()}]`;
    },
  });
  define(Hein.Peers.prototype, {
    /** Gives each peer that is there. */
    * [Symbol.iterator]() {
      for (let i = 0; i < this.get_n_peers(); i++)
        yield this.get_peer(i);
    },
  });
}
