// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages: payloads are carried whole, or refused.

/* exported extend, toMessage */

const { GLib } = imports.gi;
const { checkSize, define, refuseNul, takeBytes, toBytes } =
  imports.overrides.hein.base;

const CONTENT_TYPE_MAX = 255; // bytes of UTF-8

// A message, or what Hein.Message.make () takes.
function toMessage(Hein, message, payload, contentType = null, ...more) {
  const isMessage = message instanceof Hein.Message;

  if (more.length > 0 || isMessage && (payload !== undefined || contentType !== null))
    throw new TypeError('give a message, or a topic, a payload and a content type');
  if (isMessage)
    return message;
  checkSize('a topic', message ?? '', Hein.TOPIC_MAX);
  checkSize('a content type', contentType ?? '', CONTENT_TYPE_MAX);
  if (payload instanceof GLib.Variant)
    return Hein.Message.new_variant(message ?? '', payload);
  if (Array.isArray(payload))
    return Hein.Message.new_full(message ?? '', contentType, payload.map(toBytes),
      null);
  return Hein.Message.new_typed(message ?? '', contentType, toBytes(payload ?? []));
}

// Text in JavaScript may have a NUL in it.
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

function extendConstructors(Hein) {
  takeBytes(Hein.Message, 'new_data', 1);
  refuseNul(Hein.Message.prototype, 'doubt', 'refuse', 'get_attribute',
    'set_attribute');
  refuseNul(Hein.Message, 'new', 'new_data', 'new_full', 'new_parts',
    'new_typed', 'new_variant');
  define(Hein.Message, {
    /**
     * Makes a message. Throws: `TypeError`, `RangeError`.
     *
     * @param {string} topic - at most 255 bytes of UTF-8
     * @param {*} payload - text, bytes or a view of them, a `GLib.Bytes`, a
     *   `GLib.Variant`, or an array of parts
     * @param {?string} contentType - at most 255 bytes, such as 'image/png'
     * @param {object} more - what it says of itself besides
     * @param {object} more.attributes - names and texts, see `set_attribute ()`
     * @param {number} more.expiry_ms - after so many milliseconds it is of no use
     *   any more; 0: it always is
     * @param {Hein.Priority} more.priority - `Hein.Priority.HIGH` overtakes what
     *   waits for the same peer
     * @returns {Hein.Message} the message
     */
    make(topic = '', payload = '', contentType = null,
      { attributes = {}, expiry_ms: expiryMs = 0,
        priority = Hein.Priority.NORMAL } = {}) {
      const message = toMessage(Hein, topic, payload, contentType);

      for (const [name, value] of Object.entries(attributes))
        message.set_attribute(name, value);
      if (expiryMs > 0)
        message.set_expiry_ms(expiryMs);
      if (priority !== Hein.Priority.NORMAL)
        message.set_priority(priority);
      return message;
    },

    /**
     * Makes a message of a text.
     *
     * @param {string} topic - as in `make ()`
     * @param {string} text - the payload
     * @returns {Hein.Message} the message
     */
    new_text(topic, text) {
      return toMessage(Hein, topic, `${text}`);
    },
  });
}

function extend(Hein) {
  extendConstructors(Hein);
  const { dup_variant: dupVariant, new_reply: newReply } = Hein.Message.prototype;

  define(Hein.Message.prototype, {
    /** What it is about; '': nothing. */
    get topic() {
      return this.get_topic();
    },

    /** The payload as text. Throws: `PROTOCOL` when it is not UTF-8. */
    get text() {
      return getText(this);
    },

    /** The payload, which is not copied: what `toArray ()` of it gives is the
     * memory itself, which others see. */
    get payload() {
      return this.get_payload();
    },

    /** A copy of the payload. */
    get bytes() {
      return this.peek_data();
    },

    /** Bytes of payload, of all parts. */
    get size() {
      return this.get_size();
    },

    /** What the payload is, or null. */
    get content_type() {
      return this.get_content_type();
    },

    /** The peer that it came from; null: it is our own. */
    get sender() {
      return this.get_sender();
    },

    /** When it came: microseconds of the monotonic clock; 0: it did not. */
    get time_us() {
      return this.get_time_us();
    },

    /** Whether who has delivered it waits to be told that it is handled. */
    get wants_receipt() {
      return this.get_wants_receipt();
    },

    /** How long who has delivered it still waits, in milliseconds; -1: without an
     * end, or not at all. */
    get remaining_ms() {
      return this.get_remaining_ms();
    },

    /** How much longer it is of use, in milliseconds; -1: without an end. */
    get expiry_ms() {
      return this.get_expiry_ms();
    },

    /** Whether it overtakes others: a `Hein.Priority`. */
    get priority() {
      return this.get_priority();
    },

    /** What it says of itself beside its payload, as an object of its own. */
    get attributes() {
      const pairs = this.get_attributes() ?? [];
      const attributes = {};

      for (let i = 0; i < pairs.length; i += 2)
        attributes[pairs[i]] = pairs[i + 1];
      return attributes;
    },

    /** The parts of the payload, an array of `GLib.Bytes`: one unless it was
     * made of more or fewer. */
    get parts() {
      return Array.from({ length: this.get_n_parts() },
        (_, i) => this.get_part(i));
    },

    /**
     * Gets the payload as a `GLib.Variant`. Throws: `PROTOCOL`.
     *
     * @param {?GLib.VariantType} type - what it must be; null: anything
     * @returns {GLib.Variant} the value
     */
    dup_variant(type = null) {
      return dupVariant.call(this, type);
    },

    /**
     * Makes the answer to a message that was received: it has its topic, and goes
     * to its sender alone. Throws: `TypeError` when it was not received.
     *
     * @param {*} payload - text, bytes or a view of them, or a `GLib.Bytes`
     * @returns {Hein.Message} the answer
     */
    new_reply(payload = '') {
      if (this.sender === null)
        throw new TypeError('there is nobody to reply to: the message was not received');
      return newReply.call(this, toBytes(payload));
    },

    toString() {
      return `[Hein.Message ${JSON.stringify(this.topic)}, ${this.size} bytes]`;
    },
  });
}
