#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints what a publisher sends; waits for it, and comes back when it does.
//
//   subscriber.js [NAME [URI]]

imports.gi.versions.Hein = '1';
const { GLib, Hein } = imports.gi;

const [name = 'uhura', uri = 'tcp://127.0.0.1:5555'] = ARGV;

const bus = Hein.Bus.new(name);
bus.connect('message', (_bus, message) => {
  print(`${message.get_topic()}: ${message.dup_text()}`);
});
bus.dial(uri);
new GLib.MainLoop(null, false).run();
