// SPDX-License-Identifier: LGPL-2.1-or-later
// Signals. GJS does not copy what a handler is given, so a message that is kept
// would be somebody else's memory.

/* exported extend */

const { countMessages, define } = imports.overrides.hein.base;

function keepMessages(signal, callback) {
  if (/^message(::|$)/.test(signal)) {
    return (bus, message) => {
      countMessages(1);
      return callback(bus, message.ref());
    };
  }
  if (signal === 'messages') {
    return (bus, messages) => {
      countMessages(messages.length);
      return callback(bus, messages.map(message => message.ref()));
    };
  }
  return callback;
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { connect, connect_after: connectAfter } = bus;

  define(bus, {
    /**
     * Connects a handler; messages that it is given may be kept.
     *
     * @param {string} signal - its name, such as 'message::topic'
     * @param {Function} callback - called with the bus and what is told
     * @returns {number} for `disconnect ()`
     */
    connect(signal, callback) {
      return connect.call(this, signal, keepMessages(signal, callback));
    },

    /**
     * As `connect ()`, behind the handlers that are connected by it.
     *
     * @param {string} signal - its name
     * @param {Function} callback - called with the bus and what is told
     * @returns {number} for `disconnect ()`
     */
    connect_after(signal, callback) {
      return connectAfter.call(this, signal, keepMessages(signal, callback));
    },
  });
}
