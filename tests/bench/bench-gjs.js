// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast a JavaScript program takes batches and reads each payload: see
// bench-python.py.
//
// Usage: gjs bench-gjs.js PATH-OF-BENCH-FEED COUNT

imports.gi.versions.Hein = '1';
imports.gi.versions.HeinTest = '1';
const { Gio, GLib, Hein, HeinTest } = imports.gi;
const System = imports.system;

const SIZE = 100;
const BATCH = 1024; // the most that a bus emits at once

function fail(text) {
  printerr(text);
  System.exit(1);
}

// Counts what comes and looks at the number of every payload.
class Taker {
  constructor() {
    this.bus = Hein.Bus.new('gjs');
    this.bus.connect('messages', (bus, messages) => this.onMessages(messages));
    this.count = 0;
    this.start = null;
  }

  onMessages(messages) {
    let data;

    this.start ??= GLib.get_monotonic_time();
    for (const message of messages) {
      data = message.bytes;
      if (data[0] !== (this.count & 255))
        fail(`message ${this.count} is not the one that was due`);
      this.count++;
    }
    if (new DataView(data.buffer).getBigUint64(0, true) !==
        BigInt(this.count - 1))
      fail('a message was lost');
  }

  getRate() {
    return this.count / (GLib.get_monotonic_time() - this.start) * 1e6;
  }
}

function takeFromSocket(feed, count) {
  const taker = new Taker();
  const process = Gio.Subprocess.new([feed, `${count}`, `${SIZE}`],
    Gio.SubprocessFlags.STDOUT_PIPE);
  const lines = new Gio.DataInputStream({
    base_stream: process.get_stdout_pipe(),
  });
  taker.bus.dial(lines.read_line_utf8(null)[0]);
  while (taker.count < count)
    taker.bus.turn(1000);
  const rate = taker.getRate();
  taker.bus.close();
  while (taker.bus.get_peers().get_n_peers() > 0)
    taker.bus.turn(100);
  process.wait(null);
  return rate;
}

function takeInProcess(count) {
  const taker = new Taker();
  HeinTest.emit_messages(taker.bus, count, SIZE, BATCH);
  // what GJS refuses while it sweeps is no speed
  if (taker.count !== count)
    fail(`${taker.count} of ${count} messages were handed over`);
  return taker.getRate();
}

const [feed, countText] = ARGV;
const inProcess = takeInProcess(Number(countText));
const rate = takeFromSocket(feed, Number(countText));
print(JSON.stringify({
  status: 'ok',
  reason: '',
  messages_per_s: rate,
  in_process_per_s: inProcess,
  share: rate / inProcess,
}));
