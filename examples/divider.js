#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// Answers requests: divides one number by another, and says so when that cannot be.
//
//   divider.js [URI]

imports.gi.versions.Hein = '1';
const { GLib, Hein } = imports.gi;

const BAD_QUESTION = 1;
const DIVISION_BY_ZERO = 2;

const [uri = 'tcp://127.0.0.1:5555'] = ARGV;
const bus = Hein.Bus.new('divider');

bus.serve('math/divide', async request => {
  const [a, b] = request.text.split(' ').map(text => parseInt(text, 10));

  if (Number.isNaN(a) || Number.isNaN(b ?? NaN))
    throw new Hein.AnswerError(BAD_QUESTION, 'two numbers, please');
  if (b === 0)
    throw new Hein.AnswerError(DIVISION_BY_ZERO, 'nothing is divided by 0');
  return `${Math.trunc(a / b)}`;
});
print(`listening on ${bus.listen(uri).bound_uri}`);
new GLib.MainLoop(null, false).run();
