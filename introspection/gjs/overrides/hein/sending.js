// SPDX-License-Identifier: LGPL-2.1-or-later
// Sending. Each takes a message, or what Hein.Message.make () takes.

/* exported extend */

const { Gio } = imports.gi;
const { awaits, checkSize, checkText, define, toRaw } =
  imports.overrides.hein.base;
const { toMessage } = imports.overrides.hein.messages;

function extendNow(Hein, bus) {
  const { send, send_data: sendData, send_to: sendTo, send_with: sendWith } = bus;

  define(bus, {
    /**
     * Gives a message to the peers that the strategy chooses: `send (message)`,
     * or `send (topic, payload, contentType)`. Throws: `WOULD_BLOCK` when there
     * is no room, `NO_PEER`, `TOO_LARGE`, `CLOSED`.
     *
     * @param {...*} args - a message, or what it is made of
     * @returns {boolean} true
     */
    send(...args) {
      return send.call(this, toMessage(Hein, ...args));
    },

    /**
     * Gives bytes, or a view of them, to the peers that the strategy chooses.
     * Throws: as `send ()`.
     *
     * @param {?string} topic - what they are about, at most 255 bytes of UTF-8
     * @param {*} data - the bytes
     * @returns {boolean} true
     */
    send_data(topic, data) {
      checkSize('a topic', topic ?? '', Hein.TOPIC_MAX);
      return sendData.call(this, topic, toRaw(data ?? []));
    },

    /**
     * Gives a message to the peer of this name. Throws: as `send ()`.
     *
     * @param {string} name - its name
     * @param {...*} args - a message, or what it is made of
     * @returns {boolean} true
     */
    send_to(name, ...args) {
      checkText('a name', name);
      return sendTo.call(this, name, toMessage(Hein, ...args));
    },

    /**
     * Gives a message to whom another strategy chooses than that of the bus.
     * Throws: as `send ()`.
     *
     * @param {Hein.Strategy} strategy - what chooses
     * @param {?string} key - what it chooses by, such as a name
     * @param {...*} args - a message, or what it is made of
     * @returns {boolean} true
     */
    send_with(strategy, key, ...args) {
      checkText('a key', key ?? '');
      return sendWith.call(this, strategy, key, toMessage(Hein, ...args));
    },
  });
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;

  extendNow(Hein, bus);
  Gio._promisify(bus, 'send_async', 'send_finish');
  const sendAsync = bus.send_async;

  define(bus, awaits({
    /**
     * Sends as `send ()` does, and awaits room for it, or a peer. With a message,
     * a cancellable and a callback may follow, as in C. Throws: as `send ()`, but
     * not `WOULD_BLOCK`.
     *
     * @param {...*} args - a message, or what it is made of
     * @returns {Promise<boolean>} true
     */
    send_async(...args) {
      if (!(args[0] instanceof Hein.Message))
        return sendAsync.call(this, toMessage(Hein, ...args), null);
      const [message, cancellable = null, ...callback] = args;

      return sendAsync.call(this, message, cancellable, ...callback);
    },
  }));
}
