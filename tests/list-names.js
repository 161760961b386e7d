// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints what the JavaScript override gives to each class: by name whether it
// blocks, is awaited, or returns; what it checks the arguments of; and which of
// the names that it is told are there at all.
//
// Usage: gjs list-names.js NAME...

imports.gi.versions.Hein = '1';
const { Hein } = imports.gi;

const CLASSES = ['Bus', 'Endpoint', 'Error', 'Message', 'Pairing', 'Peer', 'Peers',
  'Protocol', 'Receipt', 'Replies', 'Request', 'Selection', 'Simulation', 'Strategy',
  'StreamTransport', 'Transport', 'Wire'];
const SYMBOLS = new Map([[Symbol.iterator, 'for'],
  [Symbol.asyncIterator, 'for await']]);

function isOurs(value) {
  try {
    return !/\[native code\]|^class/.test(Function.prototype.toString.call(value));
  } catch (_) {
    return false; // what GJS makes of a function of C
  }
}

function addNames(names, checked, prefix, object) {
  for (const key of Reflect.ownKeys(object)) {
    const name = SYMBOLS.get(key) ?? String(key);
    const { value, get } = Object.getOwnPropertyDescriptor(object, key) ?? {};
    const ours = value ?? get;

    if (name.startsWith('_') || name === 'constructor' ||
        typeof ours !== 'function' || !isOurs(ours))
      continue;
    checked.push(prefix + name);
    if (!ours.isSameOtherwise)
      names[prefix + name] = ours.waits ?? 'returns';
  }
}

const names = {};
const checked = [];

for (const name of CLASSES) {
  addNames(names, checked, `${name}.`, Hein[name]);
  addNames(names, checked, `${name}.`, Hein[name].prototype);
}
addNames(names, checked, '', Hein);

function isThere(name) {
  const [owner, key] = name.split('.');

  return key === undefined ? owner in Hein
    : key in Hein[owner] || key in Hein[owner].prototype;
}

print(JSON.stringify({ names, checked, there: ARGV.filter(isThere) }));
