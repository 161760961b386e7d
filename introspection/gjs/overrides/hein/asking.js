// SPDX-License-Identifier: LGPL-2.1-or-later
// Asking, and answering.

/* exported extend */

const { Gio, GLib } = imports.gi;
const { awaits, blocks, checkMs, checkText, define, refuseNul } =
  imports.overrides.hein.base;
const { waitFor } = imports.overrides.hein.calls;
const { toMessage } = imports.overrides.hein.messages;

// What who asks is told of an error that is no answer.
const UNEXPECTED = -1;

// A message, or an array of what it is made of.
function makeMessage(Hein, message) {
  return toMessage(Hein, ...Array.isArray(message) ? message : [message]);
}

// What an application has answered instead of a message: `code` and `message` are
// what it gave. Who serves throws it.
function makeAnswerError(Hein) {
  const domain = Hein.answer_error_domain();

  return class AnswerError {
    constructor(code, message) {
      return new GLib.Error(domain, code, message);
    }

    static [Symbol.hasInstance](error) {
      return error instanceof GLib.Error && error.domain === domain;
    }
  };
}

function refuse(Hein, request, error) {
  if (request.is_over)
    return;
  if (error instanceof Hein.AnswerError) {
    request.refuse(error.code, error.message);
  } else {
    printerr(`Hein: the request ${request.topic} failed: ${error}\n${error.stack ?? ''}`);
    request.refuse(UNEXPECTED, `${error}`.replaceAll('\0', ''));
  }
}

// Answers with what a function has returned, unless it has answered.
async function settle(Hein, request, call) {
  try {
    const answer = await call(request);

    if (!request.is_over)
      request.reply(answer ?? '');
  } catch (error) {
    try {
      refuse(Hein, request, error);
    } catch (_) {
      // nobody waits any more
    }
  }
}

function extendRequest(Hein) {
  const request = Hein.Request.prototype;
  const { refuse: refuseRequest, reply_message: replyMessage } = request;

  define(request, {
    /** What it is about. */
    get topic() {
      return this.get_topic();
    },

    /** What was asked. */
    get message() {
      return this.get_message();
    },

    /** What was asked, as text. Throws: `PROTOCOL` when it is not UTF-8. */
    get text() {
      return this.get_message().text;
    },

    /** A copy of the payload. */
    get bytes() {
      return this.get_message().peek_data();
    },

    /** Who asked; it may be gone. */
    get peer() {
      return this.get_peer();
    },

    /** How long who asked still waits, in milliseconds; -1: without an end. */
    get remaining_ms() {
      return this.get_remaining_ms();
    },

    /** Whether no answer is wanted: there was one, or nobody waits any more. */
    get is_over() {
      return this.get_is_over();
    },

    /**
     * Gets what was asked as a `GLib.Variant`. Throws: `PROTOCOL`.
     *
     * @param {?GLib.VariantType} type - what it must be; null: anything
     * @returns {GLib.Variant} the value
     */
    dup_variant(type = null) {
      return this.get_message().dup_variant(type);
    },

    /**
     * Answers. Throws: `CLOSED` when it is over, `TOO_LARGE`.
     *
     * @param {*} payload - a message, or a payload as `Hein.Message.make ()` takes it
     * @param {?string} contentType - at most 255 bytes, such as 'image/png'
     */
    reply(payload = '', contentType = null) {
      const message = payload instanceof Hein.Message
        ? payload : toMessage(Hein, this.get_topic(), payload, contentType);

      replyMessage.call(this, message);
    },

    /**
     * Answers with an error, which who asked gets as `Hein.AnswerError`. Throws:
     * `CLOSED` when it is over.
     *
     * @param {number} code - 32 bits, whose meaning is the application's
     * @param {string} text - why
     */
    refuse(code, text) {
      checkText('a text', text);
      refuseRequest.call(this, code, text);
    },

    toString() {
      return `[Hein.Request ${JSON.stringify(this.get_topic())}]`;
    },
  });
}

function extendAsking(Hein, bus) {
  const { request_async: requestAsync, request_to_async: requestToAsync } = bus;

  define(bus, awaits({
    /**
     * Asks whom the strategy chooses, of whom the first answer counts, and awaits
     * that. Throws: `NO_PEER`, `NOT_SERVED`, `CLOSED`, `FAILED`, `TIMED_OUT`,
     * `WOULD_BLOCK`, and `Hein.AnswerError`.
     *
     * @param {*} message - a message, or an array of what it is made of
     * @param {number} timeoutMs - milliseconds; -1: for as long as who is asked is
     *   there
     * @param {?Gio.Cancellable} cancellable - gives up, and tells the other side
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<Hein.Message>} the answer
     */
    request_async(message, timeoutMs = -1, cancellable = null, ...callback) {
      checkMs(timeoutMs);
      return requestAsync.call(this, makeMessage(Hein, message), timeoutMs,
        cancellable, ...callback);
    },

    /**
     * Asks the peer of this name; otherwise as `request_async ()`.
     *
     * @param {string} name - its name
     * @param {*} message - a message, or an array of what it is made of
     * @param {number} timeoutMs - as there
     * @param {?Gio.Cancellable} cancellable - as there
     * @param {...*} callback - as there
     * @returns {Promise<Hein.Message>} the answer
     */
    request_to_async(name, message, timeoutMs = -1, cancellable = null,
      ...callback) {
      checkText('a name', name);
      checkMs(timeoutMs);
      return requestToAsync.call(this, name, makeMessage(Hein, message), timeoutMs,
        cancellable, ...callback);
    },
  }));
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { request_async: request, serve } = bus;

  Hein.AnswerError = makeAnswerError(Hein);
  extendRequest(Hein);
  Gio._promisify(bus, 'request_async', 'request_finish');
  Gio._promisify(bus, 'request_to_async', 'request_finish');
  extendAsking(Hein, bus);
  define(bus, blocks({
    /**
     * Asks, and turns the bus until the answer is there: as `request_async ()`,
     * where no main loop runs. Throws: the same.
     *
     * @param {*} message - a message, or an array of what it is made of
     * @param {number} timeoutMs - as there
     * @returns {Hein.Message} the answer
     */
    request(message, timeoutMs = -1) {
      checkMs(timeoutMs);
      return waitFor(this, request, this.request_finish,
        makeMessage(Hein, message), timeoutMs, null);
    },
  }));
  refuseNul(bus, 'unserve');
  define(bus, {
    /**
     * Answers requests whose topic matches. What the function returns, or what the
     * promise that it returns comes to, is the answer; what it throws is an error of
     * who asked, a `Hein.AnswerError` with its code. Throws: `DUPLICATE` when the
     * pattern is served already, `FAILED`, `TOO_LARGE` when it is none, `CLOSED`.
     *
     * @param {string} pattern - levels that a '/' parts, where '*' stands for one
     *   level and '**' for any number of them
     * @param {function(Hein.Request)} call - answers
     */
    serve(pattern, call) {
      checkText('a pattern', pattern);
      serve.call(this, pattern, (_bus, asked) => {
        settle(Hein, asked, call);
      });
    },
  });
}
