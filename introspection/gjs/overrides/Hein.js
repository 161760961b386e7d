// SPDX-License-Identifier: LGPL-2.1-or-later
// What makes hein feel at home in JavaScript: promises, iteration, plain
// properties.

/* exported _init */

const System = imports.system;
const { Gio, GLib } = imports.gi;

// messages that iteration hands over before the main loop has its turn
const BATCH = 256;

// While GJS 1.74 sweeps its heap it refuses every callback and loses timers.
// Collecting at a moment of our choice keeps it from doing so at another.
const GC_INTERVAL = 4096;
let nUntilGc = GC_INTERVAL;

const CONTENT_TYPE_MAX = 255; // bytes of UTF-8

function countMessages(n) {
  nUntilGc -= n;
  if (nUntilGc > 0)
    return;
  nUntilGc = GC_INTERVAL;
  System.gc();
}

// C ends a text at its first NUL, and a lone surrogate has no UTF-8: rather
// than another text, nothing is taken.
function checkText(what, text) {
  if (/[\0\ud800-\udfff]/u.test(text))
    throw new TypeError(`${what} cannot be ${JSON.stringify(text)}`);
}

function isByte(number) {
  return Number.isInteger(number) && number >= 0 && number <= 255;
}

function encode(text) {
  if (/[\ud800-\udfff]/u.test(text))
    throw new TypeError('a text with half of a surrogate pair has no UTF-8');
  return new TextEncoder().encode(text);
}

// The bytes of it as they lie in memory. GJS itself would take each number of
// an array for a byte, cut to 8 bits.
function toRaw(data) {
  if (data instanceof Uint8Array)
    return data;
  if (typeof data === 'string')
    return encode(data);
  if (data instanceof GLib.Bytes)
    return data.toArray();
  if (data instanceof ArrayBuffer)
    return new Uint8Array(data);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (Array.isArray(data) && data.every(isByte))
    return Uint8Array.from(data);
  throw new TypeError(`${data} is no payload: it takes text, bytes or a view of them`);
}

function toBytes(data) {
  return data instanceof GLib.Bytes ? data : new GLib.Bytes(toRaw(data));
}

// The constructors only say on the console that it is too long.
function checkSize(what, text, max) {
  checkText(what, text);
  if (text.length > max / 3 && encode(text).length > max)
    throw new RangeError(`${what} has at most ${max} bytes of UTF-8`);
}

function toMessage(Hein, message, payload, contentType = null) {
  if (message instanceof Hein.Message)
    return message;
  checkSize('a topic', message ?? '', Hein.TOPIC_MAX);
  checkSize('a content type', contentType ?? '', CONTENT_TYPE_MAX);
  if (payload instanceof GLib.Variant)
    return Hein.Message.new_variant(message, payload);
  if (Array.isArray(payload))
    return Hein.Message.new_full(message, contentType, payload.map(toBytes),
      null);
  return Hein.Message.new_typed(message, contentType, toBytes(payload ?? []));
}

// Calls with a text that has a NUL in it are refused.
function refuseNul(object, ...names) {
  for (const name of names) {
    const call = object[name];

    object[name] = function (...args) {
      for (const text of args) {
        if (typeof text === 'string')
          checkText(`an argument of ${name}`, text);
      }
      return call.apply(this, args);
    };
  }
}

// The same for what takes bytes: argument number `index` is made of any view.
function takeBytes(object, name, ...indices) {
  const call = object[name];

  object[name] = function (...args) {
    for (const i of indices)
      args[i] = toRaw(args[i] ?? []);
    return call.apply(this, args);
  };
}

// The payload as text, which in JavaScript may have a NUL in it.
function getText(message) {
  try {
    return message.dup_text();
  } catch (error) {
    const bytes = message.peek_data();

    if (!bytes.includes(0))
      throw error;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (_) {
      throw error;
    }
  }
}

function addGetters(prototype, getters) {
  for (const [name, get] of Object.entries(getters))
    Object.defineProperty(prototype, name, { get, configurable: true });
}

function extendMessage(Hein) {
  addGetters(Hein.Message.prototype, {
    topic() { return this.get_topic(); },
    text() { return getText(this); },
    payload() { return this.get_payload(); },
    // a copy; payload.toArray () is the memory itself, which others see
    bytes() { return this.peek_data(); },
    size() { return this.get_size(); },
    content_type() { return this.get_content_type(); },
    sender() { return this.get_sender(); },
    time_us() { return this.get_time_us(); },
    parts() {
      return Array.from({ length: this.get_n_parts() },
        (_, i) => this.get_part(i));
    },
  });
  Hein.Message.prototype.toString = function () {
    return `[Hein.Message ${JSON.stringify(this.topic)}, ${this.size} bytes]`;
  };
  // the payload: text, bytes in any view, GLib.Bytes, GLib.Variant, or a list of
  // parts
  Hein.Message.make = (topic, payload, contentType) =>
    toMessage(Hein, topic, payload, contentType);
  takeBytes(Hein.Message, 'new_data', 1);
  Hein.Message.new_text = (topic, text) => toMessage(Hein, topic, `${text}`);
  refuseNul(Hein.Message, 'new', 'new_data', 'new_full', 'new_parts',
    'new_typed', 'new_variant');
}

function extendPeers(Hein) {
  Hein.Peers.prototype[Symbol.iterator] = function* () {
    for (let i = 0; i < this.get_n_peers(); i++)
      yield this.get_peer(i);
  };
  Hein.Peer.prototype.toString = function () {
    return `[Hein.Peer ${this.get_name()}]`;
  };
  Hein.Endpoint.prototype.toString = function () {
    const uri = this.get_bound_uri() ?? this.get_uri();

    return `[Hein.Endpoint ${Hein.uri_hide_secrets(uri)}]`;
  };
  refuseNul(Hein.Peers.prototype, 'lookup');
  refuseNul(Hein.Peer.prototype, 'get_latest');
  refuseNul(Hein.Endpoint.prototype, 'set_bound_uri');
}

function extendPlugins(Hein) {
  const wire = Hein.Wire.prototype;

  refuseNul(Hein, 'plugin_add', 'uri_hide_secrets');
  refuseNul(Hein.Strategy, 'new');
  refuseNul(Hein.Selection.prototype, 'hold_for');
  refuseNul(Hein.Transport.prototype, 'add_peer', 'set_peer_security');
  refuseNul(wire, 'drop', 'offer_name', 'set_encoding', 'set_instance',
    'set_note', 'set_security');
  takeBytes(wire, 'put', 0);
  takeBytes(wire, 'deliver_data', 0, 1);
}

function extendNames(Hein, bus) {
  const { _init: init, subscribe } = bus;
  const makeNew = Hein.Bus.new;

  bus._init = function (properties, ...args) {
    checkText('a name', properties?.name ?? '');
    return init.call(this, properties, ...args);
  };
  Hein.Bus.new = name => {
    checkText('a name', name ?? '');
    return makeNew.call(Hein.Bus, name);
  };
  // which only says on the console that it is too much
  bus.subscribe = function (prefix) {
    this.check_subscription(prefix);
    subscribe.call(this, prefix);
  };
  refuseNul(bus, 'check_subscription', 'dial', 'dial_async', 'get_latest',
    'get_latest_from', 'get_latest_of', 'listen', 'send_to', 'send_with',
    'unsubscribe');
}

function extendSending(Hein, bus) {
  const { send, send_to: sendTo, send_with: sendWith } = bus;

  // a message, or what Hein.Message.make () takes
  bus.send = function (...args) {
    return send.call(this, toMessage(Hein, ...args));
  };
  bus.send_to = function (name, ...args) {
    return sendTo.call(this, name, toMessage(Hein, ...args));
  };
  bus.send_with = function (strategy, key, ...args) {
    return sendWith.call(this, strategy, key, toMessage(Hein, ...args));
  };
}

// A message is taken when it is handed to the program: what it was not given
// stays in the bus, unacknowledged, and is for the next.
function extendReceiving(Hein, bus) {
  const { take, receive } = bus;

  bus.take = function (max) {
    const taken = take.call(this, max);

    countMessages(taken.length);
    return taken;
  };
  bus.receive = function (timeoutMs) {
    countMessages(1);
    return receive.call(this, timeoutMs);
  };
  // awaits one message
  bus.receive_one = async function (cancellable = null) {
    countMessages(1);
    return (await this.receive_async(1, cancellable))[0];
  };
  bus[Symbol.asyncIterator] = async function* () {
    for (let n = 0; ; n++) {
      const taken = n % BATCH < BATCH - 1 ? take.call(this, 1) : [];

      if (taken.length > 0) {
        countMessages(1);
        yield taken[0];
        continue;
      }
      try {
        await this.receive_async(0, null);
      } catch (error) {
        if (error.matches(Hein.Error, Hein.Error.CLOSED))
          return;
        throw error;
      }
    }
  };
}

// GJS does not copy what a handler is given, so a message that is kept would
// be somebody else's memory.
function extendSignals(bus) {
  for (const name of ['connect', 'connect_after']) {
    const connect = bus[name];

    bus[name] = function (signal, callback) {
      if (/^message(::|$)/.test(signal))
        return connect.call(this, signal, (self, message) => {
          countMessages(1);
          return callback(self, message.ref());
        });
      if (signal === 'messages')
        return connect.call(this, signal, (self, messages) => {
          countMessages(messages.length);
          return callback(self, messages.map(message => message.ref()));
        });
      return connect.call(this, signal, callback);
    };
  }
}

function _init() {
  const Hein = this;
  const bus = Hein.Bus.prototype;

  for (const name of ['receive', 'send', 'dial', 'close', 'ping', 'wait_for_peers'])
    Gio._promisify(bus, `${name}_async`, `${name}_finish`);
  Gio._promisify(Hein.Peer.prototype, 'ping_async', 'ping_finish');
  extendMessage(Hein);
  extendPeers(Hein);
  extendPlugins(Hein);
  extendNames(Hein, bus);
  extendSending(Hein, bus);
  extendReceiving(Hein, bus);
  extendSignals(bus);
  bus.toString = function () {
    return `[Hein.Bus ${this.get_name()}]`;
  };
}
