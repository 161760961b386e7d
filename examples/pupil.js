#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks what A is divided by B, and prints the answer, or the error that is one.
//
//   pupil.js A B [URI]

imports.gi.versions.Hein = '1';
const { GLib, Hein } = imports.gi;

const [a = '6', b = '3', uri = 'tcp://127.0.0.1:5555'] = ARGV;
const loop = new GLib.MainLoop(null, false);
const bus = Hein.Bus.new('pupil');

async function ask() {
  bus.dial(uri);
  await bus.wait_for_peers_async();
  try {
    const answer = await bus.request_async('math/divide', `${a} ${b}`, null, 10000);

    print(answer.text);
  } catch (error) {
    if (!(error instanceof Hein.AnswerError))
      throw error;
    print(`error ${error.code}: ${error.message}`);
  }
}

let failure = null;
ask().catch(error => { failure = error; }).finally(() => loop.quit());
loop.run();
if (failure !== null)
  throw failure;
