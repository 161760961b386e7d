// SPDX-License-Identifier: LGPL-2.1-or-later
// Delivering, with a receipt; posting, which keeps messages until they are handled.

/* exported extend */

const { Gio } = imports.gi;
const { awaits, blocks, checkText, define } = imports.overrides.hein.base;
const { waitFor } = imports.overrides.hein.calls;
const { readAwaited, readOnly, readTimed } = imports.overrides.hein.given;

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

function extendPosting(Hein) {
  const bus = Hein.Bus.prototype;
  const { open_spool: openSpool, post_async: post } = bus;

  Gio._promisify(bus, 'post_async', 'post_finish');
  Gio._promisify(bus, 'post_to_async', 'post_finish');
  const { post_async: postAsync, post_to_async: postToAsync } = bus;

  define(bus, blocks({
    /**
     * Posts, and turns the bus until it is on the disk: as `post_async ()`, where no
     * main loop runs. Throws: the same.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself
     * @returns {boolean} true
     */
    post(...args) {
      return waitFor(this, post, this.post_finish, ...readOnly(Hein, args, 0), null);
    },
  }));
  define(bus, {
    /**
     * Opens the folder that keeps what is posted, and delivers what an earlier process
     * has left there. Throws: `INSECURE`, `FAILED`, `TOO_LARGE`, `CLOSED`, an error of
     * the system, such as `Gio.IOErrorEnum.BUSY` while another bus uses it.
     *
     * @param {string} path - is made if it is not there
     * @param {number} limit - of the bytes of its files, at least 1 MiB; 0: 256 MiB
     * @returns {boolean} true
     */
    open_spool(path, limit = 0) {
      checkText('a path', path);
      if (limit !== 0 && limit < 1 << 20)
        throw new RangeError(`the limit of a spool is at least ${1 << 20}, not ${limit}`);
      return openSpool.call(this, path, limit);
    },
  });
  define(bus, awaits({
    /**
     * Awaits that the message is on the disk; from then on it is delivered, by this
     * process or the next one: `post_async (message, cancellable)`, or
     * `post_async (topic, payload, contentType, cancellable)`, where the content type
     * may be left out. The cancellable gives up, and does not take it back. Throws:
     * `WOULD_BLOCK` when the spool is full, `FAILED` without one, `TOO_LARGE`,
     * `TIMED_OUT`, `CLOSED`, an error of the disk, such as
     * `Gio.IOErrorEnum.NO_SPACE`.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself;
     *   then the cancellable, and a callback, as in C, instead of a promise
     * @returns {Promise<boolean>} true
     */
    post_async(...args) {
      return postAsync.call(this, ...readAwaited(Hein, args));
    },

    /**
     * Posts to the peer of this name; otherwise as `post_async ()`.
     *
     * @param {string} name - its name
     * @param {...*} args - as there
     * @returns {Promise<boolean>} true
     */
    post_to_async(name, ...args) {
      checkText('a name', name);
      return postToAsync.call(this, name, ...readAwaited(Hein, args));
    },
  }));
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { deliver_async: deliver } = bus;

  extendReceipt(Hein);
  extendPosting(Hein);
  Gio._promisify(bus, 'deliver_async', 'deliver_finish');
  Gio._promisify(bus, 'deliver_to_async', 'deliver_finish');
  const { deliver_async: deliverAsync, deliver_to_async: deliverToAsync } = bus;

  define(bus, blocks({
    /**
     * Delivers, and turns the bus until the receipt is there: as
     * `deliver_async ()`, where no main loop runs. Throws: the same.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself;
     *   then the time
     * @returns {Hein.Receipt} what became of it
     */
    deliver(...args) {
      return waitFor(this, deliver, this.deliver_finish,
        ...readOnly(Hein, args, 1), null);
    },
  }));
  define(bus, awaits({
    /**
     * Sends to whom the strategy chooses, and awaits what becomes of it:
     * `deliver_async (message, timeoutMs, cancellable)`, or
     * `deliver_async (topic, payload, contentType, timeoutMs, cancellable)`, where
     * the content type may be left out. The time is in milliseconds; -1: for as long
     * as the peers are there. The cancellable gives up, and does not take it back.
     * Throws at once: `NO_PEER`, `FAILED` when they cannot acknowledge,
     * `WOULD_BLOCK`, `TOO_LARGE`, `CLOSED`.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself;
     *   then the time, the cancellable, and a callback, as in C, instead of a promise
     * @returns {Promise<Hein.Receipt>} what became of it
     */
    deliver_async(...args) {
      return deliverAsync.call(this, ...readTimed(Hein, args));
    },

    /**
     * Delivers to the peer of this name; otherwise as `deliver_async ()`.
     *
     * @param {string} name - its name
     * @param {...*} args - as there
     * @returns {Promise<Hein.Receipt>} what became of it
     */
    deliver_to_async(name, ...args) {
      checkText('a name', name);
      return deliverToAsync.call(this, name, ...readTimed(Hein, args));
    },
  }));
}
