// SPDX-License-Identifier: LGPL-2.1-or-later
// What makes hein feel at home in JavaScript: promises, iteration, plain
// properties.

/* exported _init */

const System = imports.system;
const { Gio, GLib } = imports.gi;

// messages taken from the bus at a time
const BATCH = 256;

// While GJS 1.74 sweeps its heap it refuses every callback and loses timers.
// Collecting at a moment of our choice keeps it from doing so at another.
const GC_INTERVAL = 4096;
let nUntilGc = GC_INTERVAL;

function countMessages(n) {
  nUntilGc -= n;
  if (nUntilGc > 0)
    return;
  nUntilGc = GC_INTERVAL;
  System.gc();
}

function toBytes(data) {
  if (data instanceof GLib.Bytes)
    return data;
  return new GLib.Bytes(data);
}

// The constructors only say on the console that it is too long.
function checkTopic(Hein, topic) {
  if (topic?.length > Hein.TOPIC_MAX / 3 &&
      new TextEncoder().encode(topic).length > Hein.TOPIC_MAX)
    throw new RangeError(
      `a topic has at most ${Hein.TOPIC_MAX} bytes of UTF-8`);
}

function toMessage(Hein, message, payload, contentType = null) {
  if (message instanceof Hein.Message)
    return message;
  checkTopic(Hein, message);
  if (payload instanceof GLib.Variant)
    return Hein.Message.new_variant(message, payload);
  if (Array.isArray(payload))
    return Hein.Message.new_full(message, contentType, payload.map(toBytes),
      null);
  if (typeof payload === 'string' && contentType === null)
    return Hein.Message.new_text(message, payload);
  if (typeof payload === 'string')
    payload = new TextEncoder().encode(payload);
  return Hein.Message.new_typed(message, contentType, toBytes(payload ?? []));
}

function addGetters(prototype, getters) {
  for (const [name, get] of Object.entries(getters))
    Object.defineProperty(prototype, name, { get, configurable: true });
}

function extendMessage(Hein) {
  addGetters(Hein.Message.prototype, {
    topic() { return this.get_topic(); },
    text() { return this.dup_text(); },
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
  // the payload: text, Uint8Array, GLib.Bytes, GLib.Variant, or a list of parts
  Hein.Message.make = (topic, payload, contentType) =>
    toMessage(Hein, topic, payload, contentType);
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

// Those who wait in one queue, so that what one did not take is for the next.
function extendReceiving(Hein, bus) {
  const { take, receive } = bus;
  const inboxes = new WeakMap(); // bus -> messages taken and not yet given

  const inboxOf = self => {
    if (!inboxes.has(self))
      inboxes.set(self, []);
    return inboxes.get(self);
  };

  bus.take = function (max) {
    const taken = inboxOf(this).splice(0, max);

    taken.push(...take.call(this, max - taken.length));
    countMessages(taken.length);
    return taken;
  };
  bus.receive = function (timeoutMs) {
    countMessages(1);
    return inboxOf(this).shift() ?? receive.call(this, timeoutMs);
  };
  // awaits one message
  bus.receive_one = async function (cancellable = null) {
    countMessages(1);
    return inboxOf(this).shift() ??
      (await this.receive_async(1, cancellable))[0];
  };
  bus[Symbol.asyncIterator] = async function* () {
    const inbox = inboxOf(this);

    for (;;) {
      if (inbox.length === 0) {
        try {
          inbox.push(...await this.receive_async(BATCH, null));
        } catch (error) {
          if (error.matches(Hein.Error, Hein.Error.CLOSED))
            return;
          throw error;
        }
      }
      countMessages(1);
      yield inbox.shift();
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
  extendSending(Hein, bus);
  extendReceiving(Hein, bus);
  extendSignals(bus);
  bus.toString = function () {
    return `[Hein.Bus ${this.get_name()}]`;
  };
}
