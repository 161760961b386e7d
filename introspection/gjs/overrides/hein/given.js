// SPDX-License-Identifier: LGPL-2.1-or-later
// What a call is given: what makes a message, and then how long, and who is told.

/* exported readAwaited, readTimed, readMany, readOnly */

const { Gio } = imports.gi;
const { checkMs } = imports.overrides.hein.base;
const { toMessage } = imports.overrides.hein.messages;

// No payload or content type is one of these.
function isAfterMessage(value) {
  return typeof value === 'number' || value instanceof Gio.Cancellable;
}

// How many arguments make the message. With a callback all of the `nAfter` others
// are there, as in C.
function countMade(Hein, args, nAfter) {
  const [what, payload, contentType] = args;

  if (typeof args.at(-1) === 'function')
    return Math.max(args.length - nAfter, 1);
  if (what instanceof Hein.Message || Array.isArray(what))
    return 1;
  if (isAfterMessage(payload) || payload === undefined && isAfterMessage(contentType))
    return 1;
  return isAfterMessage(contentType) ? 2 : 3;
}

// A message, an array of what it is made of, or that itself; and what comes after it.
function split(Hein, args, nAfter) {
  const n = countMade(Hein, args, nAfter);
  const made = n === 1 && Array.isArray(args[0]) ? args[0] : args.slice(0, n);
  const rest = args.slice(n);

  if (args.length === 0)
    throw new TypeError('what is the message?');
  if (rest.length > nAfter)
    throw new TypeError(`nothing comes after that, not ${rest[nAfter]}`);
  return [toMessage(Hein, ...made), rest];
}

function checkEnd(cancellable, callback) {
  if (cancellable !== null && !(cancellable instanceof Gio.Cancellable))
    throw new TypeError(`${cancellable} is no Gio.Cancellable`);
  if (callback.some(call => typeof call !== 'function'))
    throw new TypeError(`${callback[0]} is no callback`);
}

// For what is awaited: a message, a cancellable, and a callback or nothing.
function readAwaited(Hein, args) {
  const [message, [cancellable = null, ...callback]] = split(Hein, args, 2);

  checkEnd(cancellable, callback);
  return [message, cancellable, ...callback];
}

// The same with a time behind the message.
function readTimed(Hein, args) {
  const [message, [timeoutMs = -1, cancellable = null, ...callback]] =
    split(Hein, args, 3);

  checkMs(timeoutMs);
  checkEnd(cancellable, callback);
  return [message, timeoutMs, cancellable, ...callback];
}

// For many answers: a message, a time, and how many of them may wait.
function readMany(Hein, args) {
  const [message, [timeoutMs = -1, credit = 0]] = split(Hein, args, 2);

  checkMs(timeoutMs);
  if (!Number.isInteger(credit) || credit < 0)
    throw new TypeError(`a credit is a number of answers, not ${credit}`);
  return [message, timeoutMs, credit];
}

// For what blocks: a message, and a time where `nAfter` is 1.
function readOnly(Hein, args, nAfter) {
  const [message, [timeoutMs = -1]] = split(Hein, args, nAfter);

  checkMs(timeoutMs);
  return nAfter === 0 ? [message] : [message, timeoutMs];
}
