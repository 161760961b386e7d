// SPDX-License-Identifier: LGPL-2.1-or-later
// What `hein receive` and `hein send` do, in JavaScript.
//
// usage: end.js receive --listen URI | end.js send --dial URI TEXT

imports.gi.versions.Hein = '1';
const { GLib, Hein } = imports.gi;

const [role, , uri, text] = ARGV;
const loop = new GLib.MainLoop(null, false);
const bus = Hein.Bus.new(`javascript-${role}`);

async function receive() {
  printerr(`listening on ${bus.listen(uri).bound_uri}`);
  print((await bus.receive_one_async()).dup_text());
}

async function send() {
  bus.dial(uri);
  await bus.wait_for_peers_async(1);
  printerr(`security ${bus.peers[0].security}`);
  bus.send('', text);
}

async function main() {
  bus.connect('failed', (_bus, _endpoint, error) => printerr(`failed: ${error.message}`));
  await (role === 'receive' ? receive() : send());
  await bus.close_async();
}

let failure = null;
main().catch(error => { failure = error; }).finally(() => loop.quit());
loop.run();
if (failure !== null)
  throw failure;
