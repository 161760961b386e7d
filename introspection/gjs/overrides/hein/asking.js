// SPDX-License-Identifier: LGPL-2.1-or-later
// Asking, and answering.

/* exported extend */

const { Gio, GLib } = imports.gi;
const { awaits, blocks, checkMs, checkText, countMessages, define, refuseNul } =
  imports.overrides.hein.base;
const { waitFor } = imports.overrides.hein.calls;
const { readMany, readOnly, readTimed } = imports.overrides.hein.given;
const { toMessage } = imports.overrides.hein.messages;

// What who asks is told of an error that is no answer.
const UNEXPECTED = -1;

// What an application has answered instead of a message: `code` and `message` are
// what it gave. Who serves throws it.
function makeAnswerError(Hein) {
  const domain = Hein.answer_error_domain();

  return class AnswerError {
    /**
     * Makes one, for who serves to throw.
     *
     * @param {number} code - 32 bits, whose meaning is the application's
     * @param {string} message - why
     */
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

// Gives what a generator yields, asynchronous or not. Leaving the loop closes it.
async function giveAll(Hein, request, answers) {
  if (!request.takes_parts) {
    throw new Hein.AnswerError(UNEXPECTED,
      'it has many answers: ask by request_many ()');
  }
  for await (const answer of answers)
    await request.reply_part_async(answer ?? '');
  if (!request.is_over)
    request.end();
}

function refuseQuietly(Hein, request, error) {
  try {
    refuse(Hein, request, error);
  } catch (_) {
    // nobody waits any more
  }
}

function replyOnce(request, answer) {
  if (!request.is_over)
    request.reply(answer ?? '');
}

// Answers with what comes later: of a promise, or what a generator yields.
async function settleLater(Hein, request, promise) {
  try {
    const answer = await promise;

    if (typeof answer?.next === 'function')
      await giveAll(Hein, request, answer);
    else
      replyOnce(request, answer);
  } catch (error) {
    refuseQuietly(Hein, request, error);
  }
}

// Answers with what a function has returned, unless it has answered. What is there
// already is sent at once: a program that waits in a blocking call of the bus, such
// as `for (const message of bus)`, does not run what awaits.
function settle(Hein, request, call) {
  try {
    const answer = call(request);

    if (typeof answer?.then === 'function' || typeof answer?.next === 'function')
      settleLater(Hein, request, answer);
    else
      replyOnce(request, answer);
  } catch (error) {
    refuseQuietly(Hein, request, error);
  }
}

function makeAnswer(Hein, request, payload, contentType) {
  return payload instanceof Hein.Message
    ? payload : toMessage(Hein, request.get_topic(), payload, contentType);
}

function extendRequest(Hein) {
  const request = Hein.Request.prototype;
  const { refuse: refuseRequest, reply_message: replyMessage,
    reply_part: replyPart } = request;

  Gio._promisify(request, 'wait_for_credit_async', 'wait_for_credit_finish');
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

    /** Whether many answers are wanted; a single one is all right, too. */
    get takes_parts() {
      return this.get_takes_parts();
    },

    /** How many of many answers may be given now. */
    get credit() {
      return this.get_credit();
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
      replyMessage.call(this, makeAnswer(Hein, this, payload, contentType));
    },

    /**
     * Gives one of many answers, as `reply ()` gives one. Throws: `WOULD_BLOCK`
     * without credit, `FAILED` when a single answer is wanted, `CLOSED`,
     * `TOO_LARGE`.
     *
     * @param {*} payload - as there
     * @param {?string} contentType - as there
     */
    reply_part(payload = '', contentType = null) {
      replyPart.call(this, makeAnswer(Hein, this, payload, contentType));
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

function extendRequestAwaited(Hein) {
  const request = Hein.Request.prototype;
  const { wait_for_credit_async: waitForCredit } = request;

  define(request, awaits({
    /**
     * Awaits that there is credit, and gives one of many answers. Throws: as
     * `reply_part ()`.
     *
     * @param {*} payload - as there
     * @param {?string} contentType - as there
     */
    async reply_part_async(payload = '', contentType = null) {
      const answer = makeAnswer(Hein, this, payload, contentType);

      if (this.takes_parts && !this.is_over && this.credit === 0)
        await waitForCredit.call(this, null);
      this.reply_part(answer);
    },

    /**
     * Awaits that another answer may be given. Throws: as `reply_part ()`.
     *
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<boolean>} true
     */
    wait_for_credit_async(cancellable = null, ...callback) {
      return waitForCredit.call(this, cancellable, ...callback);
    },
  }));
}

function extendReplies(Hein) {
  const replies = Hein.Replies.prototype;

  Gio._promisify(replies, 'next_async', 'next_finish');
  const { next_async: nextAsync } = replies;

  define(replies, awaits({
    /**
     * Awaits the next answer. Throws: as `Bus.request_async ()`.
     *
     * @param {?Gio.Cancellable} cancellable - gives up waiting
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<?Hein.Message>} the answer; null: there are no more
     */
    next_async(cancellable = null, ...callback) {
      countMessages(1);
      return nextAsync.call(this, cancellable, ...callback);
    },

    /** Awaits each answer, until there are no more. Leaving the loop cancels. */
    [Symbol.asyncIterator]() {
      return {
        next: async () => {
          const value = await this.next_async();

          return { value, done: value === null };
        },
        return: () => {
          this.cancel();
          return Promise.resolve({ value: undefined, done: true });
        },
      };
    },
  }));
}

function extendRepliesBlocking(Hein) {
  const replies = Hein.Replies.prototype;
  const nextAsync = replies._original_next_async;

  define(replies, blocks({
    /**
     * Waits for each answer, until there are no more, where no main loop runs.
     * Leaving the loop cancels.
     */
    * [Symbol.iterator]() {
      try {
        for (;;) {
          const answer = waitFor(this._bus,
            (...args) => nextAsync.call(this, ...args),
            result => this.next_finish(result), null);

          if (answer === null)
            return;
          yield answer;
        }
      } finally {
        this.cancel();
      }
    },
  }));
}

function extendAsking(Hein, bus) {
  const {
    request_async: requestAsync, request_to_async: requestToAsync,
    get_async: getAsync,
  } = bus;

  define(bus, awaits({
    /**
     * Asks whom the strategy chooses, of whom the first answer counts, and awaits
     * that: `request_async (message, timeoutMs, cancellable)`, or
     * `request_async (topic, payload, contentType, timeoutMs, cancellable)`, where
     * the content type may be left out. The time is in milliseconds; -1: for as long
     * as who is asked is there. The cancellable gives up, and tells the other side.
     * Throws: `NO_PEER`, `NOT_SERVED`, `CLOSED`, `FAILED`, `TIMED_OUT`,
     * `WOULD_BLOCK`, and `Hein.AnswerError`.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself;
     *   then the time, the cancellable, and a callback, as in C, instead of a promise
     * @returns {Promise<Hein.Message>} the answer
     */
    request_async(...args) {
      return requestAsync.call(this, ...readTimed(Hein, args));
    },

    /**
     * Asks the peer of this name; otherwise as `request_async ()`.
     *
     * @param {string} name - its name
     * @param {...*} args - as there
     * @returns {Promise<Hein.Message>} the answer
     */
    request_to_async(name, ...args) {
      checkText('a name', name);
      return requestToAsync.call(this, name, ...readTimed(Hein, args));
    },

    /**
     * Asks everybody for the value of a topic that they have retained, and awaits
     * the first one; its sender is who has it. Throws: `NO_PEER`, `NOT_SERVED` when
     * nobody has one, `TOO_LARGE`, and as `request_async ()`.
     *
     * @param {string} topic - at most 245 bytes of UTF-8
     * @param {number} timeoutMs - as there
     * @param {?Gio.Cancellable} cancellable - as there
     * @param {...*} callback - as in C, instead of a promise
     * @returns {Promise<Hein.Message>} the value
     */
    get_async(topic, timeoutMs = -1, cancellable = null, ...callback) {
      checkText('a topic', topic);
      checkMs(timeoutMs);
      return getAsync.call(this, topic, timeoutMs, cancellable, ...callback);
    },
  }));
}

// Which bus is to be turned for them.
function begin(bus, replies) {
  replies._bus = bus;
  return replies;
}

function extendRequestMany(Hein, bus) {
  const { request_many: requestMany, request_many_to: requestManyTo } = bus;

  define(bus, {
    /**
     * Asks whom the strategy chooses for many answers, of everybody with `publish`:
     * `for await (const reply of bus.request_many (topic, payload))`. A message, or
     * topic, payload and content type, is followed by how many milliseconds they may
     * take in all, -1: for as long as who is asked is there; and by how many answers
     * of each peer may wait, 65536 at the most, 0: 16. The answers throw: as
     * `request_async ()`; `FAILED` when who is asked has a single answer.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself;
     *   then the time, and the credit
     * @returns {Hein.Replies} the answers
     */
    request_many(...args) {
      return begin(this, requestMany.call(this, ...readMany(Hein, args)));
    },

    /**
     * Asks the peer of this name; otherwise as `request_many ()`.
     *
     * @param {string} name - its name
     * @param {...*} args - as there
     * @returns {Hein.Replies} the answers
     */
    request_many_to(name, ...args) {
      checkText('a name', name);
      return begin(this, requestManyTo.call(this, name, ...readMany(Hein, args)));
    },
  });
}

function extend(Hein) {
  const bus = Hein.Bus.prototype;
  const { request_async: request, get_async: get, serve } = bus;

  Hein.AnswerError = makeAnswerError(Hein);
  extendRequest(Hein);
  extendRequestAwaited(Hein);
  extendReplies(Hein);
  extendRepliesBlocking(Hein);
  extendRequestMany(Hein, bus);
  Gio._promisify(bus, 'request_async', 'request_finish');
  Gio._promisify(bus, 'request_to_async', 'request_finish');
  Gio._promisify(bus, 'get_async', 'get_finish');
  extendAsking(Hein, bus);
  define(bus, blocks({
    /**
     * Asks, and turns the bus until the answer is there: as `request_async ()`,
     * where no main loop runs. Throws: the same.
     *
     * @param {...*} args - a message, an array of what it is made of, or that itself;
     *   then the time
     * @returns {Hein.Message} the answer
     */
    request(...args) {
      return waitFor(this, request, this.request_finish,
        ...readOnly(Hein, args, 1), null);
    },

    /**
     * Asks everybody for the value of a topic that they have retained, and turns the
     * bus until it is there: as `get_async ()`, where no main loop runs. Throws: the
     * same.
     *
     * @param {string} topic - as there
     * @param {number} timeoutMs - as there
     * @returns {Hein.Message} the value
     */
    get(topic, timeoutMs = -1) {
      checkText('a topic', topic);
      checkMs(timeoutMs);
      return waitFor(this, get, this.get_finish, topic, timeoutMs, null);
    },
  }));
  refuseNul(bus, 'unserve');
  define(bus, {
    /**
     * Answers requests whose topic matches. What the function returns, or what the
     * promise that it returns comes to, is the answer; what it throws is an error of
     * who asked, a `Hein.AnswerError` with its code. What a generator yields,
     * asynchronous or not, are many answers; it goes on when there is room for
     * another one, and is closed when nobody wants more. Promises and generators
     * need a main loop; a program that waits in blocking calls answers with what a
     * function returns. Throws: `DUPLICATE` when the pattern is served already,
     * `FAILED`, `TOO_LARGE` when it is none, `CLOSED`.
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
