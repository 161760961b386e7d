// SPDX-License-Identifier: LGPL-2.1-or-later
// The bus itself: its name, who is there, and what it asks for.

/* exported extend */

const { checkText, define, refuseNul } = imports.overrides.hein.base;
const { PeerArray } = imports.overrides.hein.peers;

function checkName(Hein, name) {
  checkText('a name', name ?? '');
  if (name && !Hein.name_is_valid(new TextEncoder().encode(name)))
    throw new RangeError('a name has at most 255 bytes of UTF-8 and no control ' +
      `characters, not ${JSON.stringify(name)}`);
}

function extendNames(Hein, bus) {
  const { _init: init, subscribe, subscribe_pattern: subscribePattern } = bus;
  const makeNew = Hein.Bus.new;

  define(bus, {
    _init(properties, ...args) {
      checkName(Hein, properties?.name);
      return init.call(this, properties, ...args);
    },

    /**
     * Asks for messages whose topic begins so. Throws: `TOO_LARGE` over 255
     * bytes, `REFUSED` when there are 100,000.
     *
     * @param {string} prefix - the beginning
     */
    subscribe(prefix) {
      checkText('a subscription', prefix);
      subscribe.call(this, prefix);
    },

    /**
     * Asks for messages whose topic matches. Throws: `FAILED` when it is no
     * pattern, `TOO_LARGE` over 255 bytes, `REFUSED` when there are 10,000.
     *
     * @param {string} pattern - `*` is a level between slashes, `**` any number
     */
    subscribe_pattern(pattern) {
      checkText('a pattern', pattern);
      subscribePattern.call(this, pattern);
    },
  });
  define(Hein.Bus, {
    /**
     * Makes a bus.
     *
     * @param {?string} name - at most 255 bytes of UTF-8 without control
     *   characters; null or '': one is made up
     * @returns {Hein.Bus} the bus
     */
    new(name = null) {
      checkName(Hein, name);
      return makeNew.call(Hein.Bus, name);
    },
  });
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;

  extendNames(Hein, bus);
  refuseNul(bus, 'dial', 'get_latest', 'listen', 'unsubscribe',
    'unsubscribe_pattern');
  define(bus, {
    /** Who is there at this moment: an array that finds one by `lookup ()`. */
    get peers() {
      return PeerArray.from(this.get_peers());
    },

    /** Where it listens and dials at this moment: an array. */
    get endpoints() {
      return [...this.get_endpoints()];
    },

    toString() {
      return `[Hein.Bus ${this.get_name()}]`;
    },
  });
}
