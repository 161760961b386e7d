#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// Plugins in JavaScript. Prints TAP.
//
// The plugins are those of the READMEs, and go through the suites for plugins in C,
// each in a process of its own.

imports.gi.versions.Hein = '1';
imports.gi.versions.HeinTest = '1';
const System = imports.system;
const { Gio, GLib, GObject, Hein, HeinTest } = imports.gi;

imports.searchPath.unshift(GLib.path_get_dirname(
  System.programPath ?? System.programInvocationName));
const {
  SCRIPT, assert, checkError, count, equal, fails, inproc, pair, rejects, runAll,
  runExample, tests, throws, waitFor,
} = imports.gjsEnds;

tests.push(async function strategy() {
  const Rotation = runExample('strategies', 'Rotation');
  const hub = Hein.Bus.new('hub');
  const clients = [0, 1, 2].map(i => Hein.Bus.new(`client-${i}`));
  const uri = hub.listen(inproc()).get_bound_uri();

  for (const client of clients)
    await client.dial_async(uri, null);
  waitFor(() => hub.get_peers().get_n_peers() === 3);
  hub.set_strategy(new Rotation());
  for (const text of count(9))
    hub.send('n', text);
  clients.forEach((client, i) => equal(
    [1, 2, 3].map(() => client.receive(5000).text), [`${i}`, `${i + 3}`, `${i + 6}`]));
  assert(Hein.Strategy.new('js-rotation') instanceof Rotation);
});

// T6
tests.push(async function filter() {
  const Reverse = GObject.registerClass({ Implements: [Hein.Filter] },
    class Reverse extends GObject.Object {
      vfunc_send(message) {
        return Hein.Message.new_text(message.topic, [...message.text].reverse().join(''));
      }

      vfunc_receive(_peer, message) {
        return Hein.Message.new_text(message.topic, message.text.toUpperCase());
      }
    });
  const [hub, client] = await pair();

  equal(await hub.ping_async(5000), { client: true });
  assert(await hub.get_peers().get_peer(0).ping_async(5000));
  client.add_filter(new Reverse());
  client.send_to('hub', 't', 'abc');
  equal((await hub.receive_one_async()).text, 'cba');
  hub.send_to('client', 't', 'answer');
  equal((await client.receive_one_async()).text, 'ANSWER');
});

tests.push(async function reply() {
  const [hub, client] = await pair();

  client.send_to('hub', 'ask', '?');
  hub.send((await hub.receive_one_async()).new_reply('!'));
  const answer = await client.receive_one_async();

  equal([answer.topic, answer.text], ['ask', '!']);
  throws(TypeError, () => answer.new_reply(5));
  throws(TypeError, () => Hein.Message.make('t').new_reply('x'));
});

// Topics by their levels, from the moment on that the other side knows.
tests.push(async function patterns() {
  const [hub, client] = await pair();

  client.subscribe_pattern('house/*/light');
  client.subscribe_pattern('alarm/**');
  assert(await client.confirm_subscriptions_async(5000));
  for (const topic of ['house/hall', 'house/hall/light', 'alarm', 'alarms'])
    hub.send(topic, '');
  equal((await client.receive_one_async()).topic, 'house/hall/light');
  equal((await client.receive_one_async()).topic, 'alarm');
  client.unsubscribe_pattern('house/*/light');
  throws(Hein.Error, () => client.subscribe_pattern('house/h*'));
  throws(Error, () => client.subscribe_pattern(5));
  assert(Hein.topic_matches('house/hall/light', 'house/**'));
  assert(!Hein.topic_matches('house/hall/light', 'house/*'));
  assert(new Hein.Bus({ name: 'alone' }).confirm_subscriptions());
});

// Who sends and leaves waits until somebody is there.
tests.push(async function waitForPeers() {
  const hub = new Hein.Bus({ name: 'hub' });
  const client = new Hein.Bus({ name: 'client' });
  const waiting = hub.wait_for_peers_async(1, -1, null);

  client.dial(hub.listen('tcp://127.0.0.1:0', null).bound_uri);
  assert(await waiting);
  await rejects(Hein.Error.TIMED_OUT, hub.wait_for_peers_async(2, 1, null));
  hub.send('t', 'bye');
  const closing = hub.close_async(null);
  equal((await client.receive_one_async()).text, 'bye');
  client.close();
  assert(await closing);
});

// What goes wrong in a script is said in the error of its connection.
tests.push(async function slotThrows() {
  const Broken = GObject.registerClass(class Broken extends Hein.Protocol {
    vfunc_start(wire, _dialled) {
      wire.put('x');
    }

    vfunc_consume(_wire, _data) {
      throw new RangeError('no such key');
    }

    vfunc_encode() {
      return true;
    }
  });
  const Deaf = GObject.registerClass(class Deaf extends Hein.StreamTransport {
    vfunc_listen(_endpoint) {
      throw new TypeError('no ears');
    }
  });
  const Picky = GObject.registerClass(class Picky extends Hein.Transport {
    vfunc_begin_open(_endpoint, _task) {
      throw Hein.Error.new(Hein.Error.REFUSED, 'not today');
    }
  });
  const hub = Hein.Bus.new('hub');
  const client = Hein.Bus.new('client');

  Hein.plugin_add('js-broken', Broken);
  Hein.plugin_add('js-deaf', Deaf);
  Hein.plugin_add('js-picky', Picky);
  const endpoint = client.dial(hub.listen('tcp+js-broken://127.0.0.1:0').bound_uri);

  waitFor(() => endpoint.get_error() !== null);
  checkError(endpoint.get_error(), Hein.Error.FAILED);
  assert(endpoint.get_error().message.includes('RangeError: no such key'));
  const error = fails(Hein.Error.FAILED, () => hub.listen('js-deaf://x'));

  assert(error.message.includes('TypeError: no ears'), error.message);
  fails(Hein.Error.REFUSED, () => hub.listen('js-picky://x'));
});

// U5: what is lost for good is told once, in its place, with its numbers.
tests.push(function messagesLost() {
  let transport = null;
  const Lossy = GObject.registerClass(class Lossy extends Hein.Transport {
    vfunc_begin_open(_endpoint, task) {
      transport = this;
      task.return_boolean(true);
      return true;
    }
  });
  const bus = Hein.Bus.new('bus');
  const told = [];

  Hein.plugin_add('lossy', Lossy);
  bus.connect('message', (_bus, message) => told.push(message.text));
  bus.connect('messages-lost', (_bus, peer, first, n) => told.push([peer.get_name(), first, n]));
  bus.listen('lossy://x');
  const peer = transport.add_peer('sender', null, null);
  transport.deliver(peer, Hein.Message.new_text('t', 'a'));
  transport.lose(peer, 1, 2);
  transport.deliver(peer, Hein.Message.new_text('t', 'b'));
  waitFor(() => told.length === 3);
  equal(told, ['a', ['sender', 1, 2], 'b']);
  bus.connect('peer-removed', (_bus, left, error) => told.push([left.get_name(), error]));
  transport.remove_peer(peer, null);
  waitFor(() => told.length === 4);
  equal(told[3], ['sender', null]);
  equal(bus.get_n_dropped(Hein.DropReason.LOST), 2);
});

const PID = new Gio.Credentials().get_unix_pid();
let keyFile = null;
const SUITES = {
  strategy() {
    HeinTest.add_strategy('gjs', runExample('strategies', 'Rotation'), true);
  },
  transport() {
    runExample('transports', 'Abstract');
    HeinTest.add_transport('gjs', `js-abstract://hein-gjs-${PID}-{n}`, true);
  },
  'encrypted transport'() {
    runExample('transports', 'Abstract');
    HeinTest.add_transport('gjs-encrypted',
      `js-abstract://hein-gjs-${PID}-{n}?key-file=${makeKeyFile()}`, true);
  },
  protocol() {
    runExample('protocols', 'Frames');
    HeinTest.add_transport('gjs-protocol', 'tcp+js-frames://127.0.0.1:0', true);
    HeinTest.add_protocol('js-frames');
  },
};
// GJS refuses calls from any thread but its own
const SKIPPED = ['gjs', 'gjs-encrypted', 'gjs-protocol'].map(
  name => `/transports/${name}/threads`);

// Only its owner reads a file that is made so.
function makeKeyFile() {
  const [file, stream] = Gio.File.new_tmp('hein-XXXXXX.key');

  stream.get_output_stream().write_all(`${'5a'.repeat(32)}\n`, null);
  stream.close(null);
  keyFile = file;
  return file.get_path();
}

// In a process of its own: GLib runs its tests once.
function runSuite(name) {
  HeinTest.init(['gjs', SCRIPT, name], SKIPPED);
  SUITES[name]();
  const status = HeinTest.run();
  keyFile?.delete(null);
  return status;
}

if (ARGV[0] === '--suite')
  System.exit(runSuite(ARGV[1]));
if (ARGV[1] === '--be-a-peer-of') {
  SUITES[ARGV[0]]();
  HeinTest.be_peer(ARGV[2]);
}
runAll(SUITES);
