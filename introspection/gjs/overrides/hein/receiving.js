// SPDX-License-Identifier: LGPL-2.1-or-later
// Receiving. A message is taken when it is handed to the program: what it was
// not given stays in the bus, unacknowledged, and is for the next.

/* exported extend */

const { Gio, GLib } = imports.gi;
const { awaits, blocks, checkMs, countMessages, define } = imports.overrides.hein.base;
const { makeTimeout } = imports.overrides.hein.errors;

// messages that iteration hands over before the main loop has its turn
const BATCH = 256;

function extendBlocking(Hein, bus) {
  const { receive } = bus;

  define(bus, blocks({
    /**
     * Waits for a message, and turns the bus meanwhile. Throws: `TIMED_OUT`,
     * `CLOSED`; `FAILED` in a handler of the bus.
     *
     * @param {number} timeoutMs - milliseconds; 0: it only looks; -1: for ever
     * @returns {Hein.Message} the message
     */
    receive(timeoutMs = -1) {
      checkMs(timeoutMs);
      countMessages(1);
      return receive.call(this, timeoutMs);
    },

    /** Waits for each message, until the bus is closed. */
    * [Symbol.iterator]() {
      for (;;) {
        try {
          yield this.receive();
        } catch (error) {
          if (error.matches?.(Hein.Error, Hein.Error.CLOSED))
            return;
          throw error;
        }
      }
    },
  }));
}

// Calls with a cancellable that ends after so long, too.
async function limit(Hein, timeoutMs, cancellable, call) {
  const ours = new Gio.Cancellable();
  const number = cancellable?.connect(() => ours.cancel()) ?? 0;
  let timer = 0;

  if (timeoutMs >= 0) {
    timer = GLib.timeout_add(GLib.PRIORITY_DEFAULT, timeoutMs, () => {
      timer = 0;
      ours.cancel();
      return GLib.SOURCE_REMOVE;
    });
  }
  try {
    return await call(ours);
  } catch (error) {
    if (timeoutMs < 0 || timer !== 0)
      throw error;
    throw makeTimeout(Hein, timeoutMs);
  } finally {
    if (timer !== 0)
      GLib.source_remove(timer);
    if (number !== 0)
      cancellable.disconnect(number);
  }
}

function extendAwaited(Hein, bus, { receiveAsync, take }) {
  define(bus, awaits({
    /**
     * Awaits messages: at least one and at most `max`, in order. Throws:
     * `CLOSED`.
     *
     * @param {number} max - how many at the most
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<Hein.Message[]>} the messages
     */
    receive_async(max, cancellable = null, ...callback) {
      if (max === undefined)
        throw new TypeError('receive_async () takes the most messages to wait for: receive_one_async () is for one');
      countMessages(max);
      return receiveAsync.call(this, max, cancellable, ...callback);
    },

    /**
     * Awaits a message. Throws: `TIMED_OUT`, `CLOSED`.
     *
     * @param {number} timeoutMs - milliseconds; -1: for ever
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @returns {Promise<Hein.Message>} the message
     */
    async receive_one_async(timeoutMs = -1, cancellable = null) {
      checkMs(timeoutMs);
      countMessages(1);
      if (timeoutMs < 0)
        return (await receiveAsync.call(this, 1, cancellable))[0];
      return (await limit(Hein, timeoutMs, cancellable,
        ours => receiveAsync.call(this, 1, ours)))[0];
    },

    /** Awaits each message, until the bus is closed. */
    async* [Symbol.asyncIterator]() {
      for (let n = 0; ; n++) {
        const taken = n % BATCH < BATCH - 1 ? take.call(this, 1) : [];

        if (taken.length > 0) {
          countMessages(1);
          yield taken[0];
          continue;
        }
        try {
          await receiveAsync.call(this, 0, null);
        } catch (error) {
          if (error.matches?.(Hein.Error, Hein.Error.CLOSED))
            return;
          throw error;
        }
      }
    },
  }));
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { take } = bus;

  Gio._promisify(bus, 'receive_async', 'receive_finish');
  extendAwaited(Hein, bus, { receiveAsync: bus.receive_async, take });
  extendBlocking(Hein, bus);
  define(bus, {
    /**
     * Takes messages that are there, without waiting.
     *
     * @param {number} max - how many at the most
     * @returns {Hein.Message[]} the messages, perhaps none
     */
    take(max = BATCH) {
      const taken = take.call(this, max);

      countMessages(taken.length);
      return taken;
    },
  });
}
