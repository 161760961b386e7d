#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// Greets COUNT subscribers as soon as they are there, and leaves when all of
// them have got it.
//
//   greeter.js [COUNT [URI]]

imports.gi.versions.Hein = '1';
const { GLib, Hein } = imports.gi;

const [count = '1', uri = 'tcp://127.0.0.1:5555'] = ARGV;
const loop = new GLib.MainLoop(null, false);
const bus = Hein.Bus.new('greeter');

async function greet() {
  print(`listening on ${bus.listen(uri).bound_uri}`);
  await bus.wait_for_peers_async(Number(count));
  bus.send('greeting', `hello, all ${count}!`);
  await bus.close_async(); // everybody has taken everything
}

let failure = null;
greet().catch(error => { failure = error; }).finally(() => loop.quit());
loop.run();
if (failure !== null)
  throw failure;
