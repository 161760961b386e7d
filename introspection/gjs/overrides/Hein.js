// SPDX-License-Identifier: LGPL-2.1-or-later
// What makes hein feel at home in JavaScript: promises, iteration, plain
// properties.
//
// One rule of names: what ends with `_async` is awaited, and nothing else is.
// Without it a method returns at once, or it blocks: `receive ()`, `turn ()`,
// `ping ()`, `wait_for_peers ()`, `request ()`, `deliver ()`,
// `for (const message of bus)`, and `close ()` where no main loop runs.

/* exported _init */

const PARTS = ['errors', 'messages', 'peers', 'endpoints', 'plugins', 'calls',
  'sending', 'asking', 'delivering', 'receiving', 'closing', 'signals', 'bus', 'pairing',
  'simulation'];

function _init() {
  for (const part of PARTS)
    imports.overrides.hein[part].extend(this);
}
