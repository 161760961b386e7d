// SPDX-License-Identifier: LGPL-2.1-or-later
// What all parts of the override use.

/* exported define, blocks, awaits, checkMs, checkText, checkSize, refuseNul, toRaw,
   toBytes, takeBytes, countMessages */

const System = imports.system;
const { GLib } = imports.gi;

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

// Gives an object of C the methods and getters of another. A method of C can be
// replaced, but not be defined again.
function define(object, members) {
  for (const name of Reflect.ownKeys(members)) {
    const descriptor = Object.getOwnPropertyDescriptor(members, name);

    if ('value' in descriptor)
      object[name] = descriptor.value;
    else
      Object.defineProperty(object, name, { ...descriptor, enumerable: false });
  }
}

// Marks what waits before it returns. Nothing else that is called does.
function blocks(members) {
  for (const name of Reflect.ownKeys(members))
    members[name].waits = 'blocks';
  return members;
}

// Marks what is awaited. Its name ends with `_async`.
function awaits(members) {
  for (const name of Reflect.ownKeys(members))
    members[name].waits = 'awaits';
  return members;
}

// A time is a whole number of milliseconds: half a second is no 0.5.
function checkMs(timeoutMs, least = -Infinity) {
  if (!Number.isInteger(timeoutMs))
    throw new TypeError(`a time is a whole number of milliseconds, not ${timeoutMs}`);
  if (timeoutMs < least)
    throw new RangeError(`a time is at least ${least} ms, not ${timeoutMs}`);
}

// C ends a text at its first NUL, and a lone surrogate has no UTF-8: rather
// than another text, nothing is taken.
function checkText(what, text) {
  if (/[\0\ud800-\udfff]/u.test(text))
    throw new TypeError(`${what} cannot be ${JSON.stringify(text)}`);
}

function encode(text) {
  if (/[\ud800-\udfff]/u.test(text))
    throw new TypeError('a text with half of a surrogate pair has no UTF-8');
  return new TextEncoder().encode(text);
}

// The constructors only say on the console that it is too long.
function checkSize(what, text, max) {
  checkText(what, text);
  if (text.length > max / 3 && encode(text).length > max)
    throw new RangeError(`${what} has at most ${max} bytes of UTF-8`);
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
    object[name].isSameOtherwise = true;
  }
}

function isByte(number) {
  return Number.isInteger(number) && number >= 0 && number <= 255;
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
  throw new TypeError(`${data} is not a payload: give text, bytes or a view of them`);
}

function toBytes(data) {
  return data instanceof GLib.Bytes ? data : new GLib.Bytes(toRaw(data));
}

// The same for what takes bytes: argument number `index` is made of any view.
function takeBytes(object, name, ...indices) {
  const call = object[name];

  object[name] = function (...args) {
    for (const i of indices)
      args[i] = toRaw(args[i] ?? []);
    return call.apply(this, args);
  };
  object[name].isSameOtherwise = true;
}
