// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors, for plugins to throw.

/* exported extend, makeTimeout */

const { define } = imports.overrides.hein.base;

function makeTimeout(Hein, timeoutMs) {
  return Hein.Error.new(Hein.Error.TIMED_OUT,
    `no message came within ${timeoutMs} ms`);
}

function extend(Hein) {
  define(Hein.Error, {
    /**
     * Makes an error, for plugins to throw.
     *
     * @param {number} code - such as `Hein.Error.REFUSED`
     * @param {string} message - what is wrong, with which value
     * @returns {Hein.Error} the error
     */
    new(code, message) {
      return new Hein.Error({ code, message });
    },
  });
}
