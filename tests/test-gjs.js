#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// The JavaScript binding: everything a program does, and plugins in JavaScript.
//
// Prints TAP. The plugins are those of the READMEs, and go through the suites
// for plugins in C, each in a process of its own.

imports.gi.versions.Hein = '1';
imports.gi.versions.HeinTest = '1';
const System = imports.system;
const { Gio, GLib, GObject, Hein, HeinTest } = imports.gi;

const SCRIPT = Gio.File.new_for_path(System.programPath ?? System.programInvocationName)
  .get_path();
const PLUGINS = Gio.File.new_for_path(SCRIPT).get_parent().get_parent()
  .resolve_relative_path('plugins');
const PATIENCE = 5; // seconds
const TCP = 'tcp://127.0.0.1:0';

const tests = [];
let serial = 0;

function assert(ok, what = 'it does not hold') {
  if (!ok)
    throw new Error(what);
}

function equal(a, b) {
  a = JSON.stringify(a);
  b = JSON.stringify(b);
  assert(a === b, `${a} is not ${b}`);
}

function checkError(error, code) {
  assert(error instanceof Hein.Error, `${error} is no Hein.Error`);
  equal(error.code, code);
  assert(error.matches(Hein.Error, code));
}

function fails(code, call) {
  let failure = null;
  try {
    call();
  } catch (error) {
    failure = error;
  }
  assert(failure !== null, 'it did not fail');
  checkError(failure, code);
  return failure;
}

function throws(kind, call) {
  let failure = null;

  try {
    call();
  } catch (error) {
    failure = error;
  }
  assert(failure instanceof kind, `${call} gave ${failure}`);
}

async function rejects(code, promise) {
  let failure = null;
  try {
    await promise;
  } catch (error) {
    failure = error;
  }
  assert(failure !== null, 'it did not fail');
  checkError(failure, code);
}

// Runs the program in the README of a kind of plugin; returns what it made.
function runExample(kind, name) {
  const [, bytes] = PLUGINS.get_child(kind).get_child('README.md').load_contents(null);
  const [, code] = /```js\n([^]*?)```/.exec(new TextDecoder().decode(bytes));

  return new Function('imports', `${code}\nreturn ${name};`)(imports);
}

// Turns the default main context until it holds.
function waitFor(condition) {
  const late = GLib.get_monotonic_time() + PATIENCE * 1e6;
  const id = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, PATIENCE,
    () => GLib.SOURCE_CONTINUE);

  while (!condition()) {
    GLib.MainContext.default().iteration(true);
    assert(GLib.get_monotonic_time() < late, 'waited in vain');
  }
  GLib.source_remove(id);
}

const settle = () => new Promise(resolve => {
  GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
    resolve();
    return GLib.SOURCE_REMOVE;
  });
});

async function pair(uri = TCP) {
  const hub = Hein.Bus.new('hub');
  const client = Hein.Bus.new('client');

  await client.dial_async(hub.listen(uri).get_bound_uri(), null);
  while (hub.get_peers().lookup('client') === null)
    await settle();
  return [hub, client];
}

const inproc = () => `inproc://gjs-${serial++}`;
const texts = messages => messages.map(message => message.text);
const count = n => Array.from({ length: n }, (_, i) => `${i}`);

// ---- messages and errors ----

tests.push(function message() {
  const text = Hein.Message.make('greeting', 'héllo');

  equal([text.topic, text.text, text.size], ['greeting', 'héllo', 6]);
  equal(`${text}`, '[Hein.Message "greeting", 6 bytes]');
  equal(text.sender, null);
  equal(Array.from(Hein.Message.make('t', Uint8Array.from([0, 255])).bytes), [0, 255]);
  equal(Hein.Message.make('t', new GLib.Bytes('abc')).text, 'abc');
  equal(Hein.Message.make('t').size, 0);
  equal(Hein.Message.make('t', '{}', 'application/json').content_type, 'application/json');
});

tests.push(function messageVariant() {
  const variant = Hein.Message.make('t', new GLib.Variant('(si)', ['a', 7]));

  equal(variant.dup_variant(null).deepUnpack(), ['a', 7]);
  fails(Hein.Error.PROTOCOL, () => variant.dup_variant(new GLib.VariantType('u')));
});

tests.push(function messageParts() {
  const many = Hein.Message.make('t',
    [Uint8Array.from([97]), new Uint8Array(0), new GLib.Bytes('ccc')], 'text/plain');

  equal(many.parts.map(part => part.get_size()), [1, 0, 3]);
  equal(many.content_type, 'text/plain');
});

tests.push(function longTopic() {
  let failure = null;

  equal(Hein.Message.make(`${'é'.repeat(127)}e`, 'x').topic.length, 128);
  try {
    Hein.Bus.new('bus').send('é'.repeat(128), 'x');
  } catch (error) {
    failure = error;
  }
  assert(failure instanceof RangeError, '256 bytes are a topic');
});

// What is put in comes out, or it throws: nothing is cut or rounded.
tests.push(function payloadsOfAnyView() {
  const buffer = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]).buffer;
  const views = [new Float32Array([1.5, 300]), new Uint16Array([256, 2]),
    new Float64Array([0.5]), new Int8Array([-1, 1]), new BigInt64Array([-1n]),
    new DataView(buffer, 1, 2), new Uint8Array(buffer, 3, 2),
    new Uint16Array(buffer, 2, 2), new Uint8ClampedArray([300])];

  for (const view of views) {
    const raw = Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));

    equal(Array.from(Hein.Message.make('t', view).bytes), raw);
    equal(Array.from(Hein.Message.new_data('t', view).peek_data()), raw);
    equal(Array.from(Hein.Message.make('t', ['', view]).parts[1].toArray()), raw);
  }
  equal(Array.from(Hein.Message.make('t', buffer).bytes), [0, 1, 2, 3, 4, 5, 6, 7]);
  for (const bad of [5, true, {}, [[1.5]], [[256]], [[-1]], ['a', null], () => {}])
    throws(TypeError, () => Hein.Message.make('t', bad));
});

// As a payload it is carried and read whole; anywhere else it is refused.
tests.push(function textWithNul() {
  const message = Hein.Message.make('t', 'a\0b');
  const bus = Hein.Bus.new('bus');
  const nul = 'a\0b';

  equal([message.text, message.size], [nul, 3]);
  equal(Hein.Message.new_text('t', nul).size, 3);
  fails(Hein.Error.PROTOCOL, () => Hein.Message.make('t', [[0, 255]]).text);
  for (const call of [
    () => Hein.Message.make(nul), () => Hein.Message.make('t', 'x', nul),
    () => Hein.Message.make('t', 'half \ud800'), () => Hein.Message.make('\udc00'),
    () => Hein.Message.new(nul, null), () => Hein.Message.new_data(nul, []),
    () => new Hein.Bus({ name: nul }), () => Hein.Bus.new(nul),
    () => bus.send(nul, 'x'), () => bus.send_to(nul, 't', 'x'),
    () => bus.send_with(null, nul, 't', 'x'), () => bus.listen(nul),
    () => bus.dial(nul), () => bus.dial_async(nul, null), () => bus.subscribe(nul),
    () => bus.unsubscribe(nul), () => bus.get_latest(nul),
    () => bus.get_peers().lookup(nul), () => Hein.Strategy.new(nul),
    () => Hein.plugin_add(nul, Hein.Bus), () => Hein.uri_hide_secrets(nul),
  ])
    throws(TypeError, call);
});

// Too long, or too many: an exception, and not only a line on the console.
tests.push(function subscriptions() {
  const bus = Hein.Bus.new('bus');

  fails(Hein.Error.TOO_LARGE, () => bus.subscribe('é'.repeat(128)));
  for (const text of count(1024))
    bus.subscribe(text);
  fails(Hein.Error.REFUSED, () => bus.subscribe('one more'));
  bus.unsubscribe('7');
  bus.subscribe('one more');
});

tests.push(function textOfErrors() {
  const error = GLib.Error.new_literal(Hein.Error, Hein.Error.CLOSED, 'text');

  equal([`${error}`, error.message], ['Hein.Error: text', 'text']);
});

tests.push(function errors() {
  const bus = Hein.Bus.new('bus');

  assert(fails(Hein.Error.BAD_ADDRESS, () => bus.listen('tcp://localhost'))
    .message.includes('missing port'));
  fails(Hein.Error.NO_PEER, () => bus.send_to('nobody', 'topic', 'text'));
  fails(Hein.Error.NO_PLUGIN, () => Hein.Strategy.new('no-such-strategy'));
  fails(Hein.Error.BAD_PLUGIN, () => Hein.plugin_add('object', Gio.Cancellable));
});

// ---- a bus ----

tests.push(function blocking() {
  const hub = Hein.Bus.new('hub');
  const client = Hein.Bus.new('client');

  client.dial(hub.listen(inproc()).get_bound_uri());
  waitFor(() => client.get_peers().get_n_peers() === 1);
  client.send('topic', 'one');
  client.send('topic', Uint8Array.from([116, 119, 111]));
  client.send(Hein.Message.make('topic', 'three'));
  equal([1, 2, 3].map(() => hub.receive(5000).text), ['one', 'two', 'three']);
  client.send('topic', '{}', 'application/json');
  client.send_to('hub', 'topic', '{}', 'application/json');
  client.send_with(Hein.Strategy.new('publish'), null, 'topic', '{}',
    'application/json');
  for (let i = 0; i < 3; i++)
    equal(hub.receive(5000).content_type, 'application/json');
  fails(Hein.Error.TIMED_OUT, () => hub.receive(1));
  equal(hub.take(10), []);
  equal([...client.get_peers()].map(String), ['[Hein.Peer hub]']);
});

// A program that uses no main loop.
const CHILD = `imports.gi.versions.Hein = '1';
const { Hein } = imports.gi;
const bus = Hein.Bus.new('child');

bus.dial(ARGV[0]);
bus.wait_for_peers();
for (const message of bus) {
  if (message.topic === 'end')
    break;
}
for (let i = 0; i < 1000; i++)
  bus.send('n', String(i));
bus.close();`;

// Waiting for peers, pings, iteration, and their limits; when `close ()`
// returns, what was sent has gone out.
tests.push(function blockingCalls() {
  const hub = Hein.Bus.new('hub');

  fails(Hein.Error.TIMED_OUT, () => hub.wait_for_peers(1, 1));
  const { bound_uri: uri } = hub.listen(TCP);
  const child = Gio.Subprocess.new(['gjs', '-c', CHILD, uri], Gio.SubprocessFlags.NONE);
  const got = [];

  hub.wait_for_peers(1, PATIENCE * 1000);
  equal(hub.ping(PATIENCE * 1000), { child: true });
  hub.send('end');
  for (const message of hub) {
    got.push(message.text);
    if (got.length === 1000)
      break;
  }
  equal(got, count(1000));
  child.wait(null);
  assert(child.get_successful());
  fails(Hein.Error.TIMED_OUT, () => hub.receive(0));
  hub.close();
  waitFor(() => hub.is_closed);
  equal([...hub], []);
  fails(Hein.Error.CLOSED, () => hub.wait_for_peers());
});

tests.push(async function blockingInAHandler() {
  const [hub, client] = await pair();
  let isDone = false;

  client.connect('peer-removed', () => {
    fails(Hein.Error.FAILED, () => client.turn());
    fails(Hein.Error.FAILED, () => client.receive());
    fails(Hein.Error.FAILED, () => client.wait_for_peers());
    fails(Hein.Error.FAILED, () => client.ping(1));
    isDone = true;
  });
  hub.close();
  waitFor(() => isDone);
});

tests.push(async function plainProperties() {
  const [hub, client] = await pair();

  equal(hub.peers.map(peer => peer.name), ['client']);
  equal(hub.peers.lookup('client').is_up, true);
  equal(hub.peers.lookup('nobody'), null);
  equal(hub.endpoints.map(String), [`[Hein.Endpoint ${hub.endpoints[0].bound_uri}]`]);
  equal([hub.endpoints[0].role, hub.endpoints[0].n_connections], [Hein.Role.LISTEN, 1]);
  hub.linger_ms = 50;
  equal(hub.linger_ms, 50);
  equal(client.peers.length, 1);
});

tests.push(async function signals() {
  const [hub, client] = await pair();
  const got = [];
  const some = [];
  const removed = [];

  hub.connect('message', (_bus, message) => got.push(message));
  const id = hub.connect('message::some', (_bus, message) => some.push(message.text));
  hub.connect('peer-removed', (_bus, peer) => removed.push(peer.get_name()));
  for (const topic of ['some', 'other', 'some'])
    client.send_to('hub', topic, topic);
  waitFor(() => got.length === 3);
  // kept beyond the handler
  equal(texts(got), ['some', 'other', 'some']);
  equal(some, ['some', 'some']);
  equal(got[0].sender.get_name(), 'client');
  hub.disconnect(id);
  client.send_to('hub', 'some', 'more');
  waitFor(() => got.length === 4);
  equal(some.length, 2);
  client.close();
  waitFor(() => removed.length > 0);
  equal(removed, ['client']);
});

tests.push(async function signalOfMessages() {
  const [hub, client] = await pair();
  const got = [];

  // kept beyond the handler
  hub.connect('messages', (_bus, messages) => got.push(...messages));
  for (const text of count(500))
    client.send_to('hub', 'n', text);
  waitFor(() => got.length === 500);
  equal(texts(got), count(500));
  equal(got[499].sender.get_name(), 'client');
});

// ---- promises ----

tests.push(async function promises() {
  const [hub, client] = await pair();
  const promise = hub.receive_one_async();

  assert(await client.send_async(Hein.Message.make('topic', 'text'), null));
  equal((await promise).text, 'text');
  client.send_to('hub', 't', 'more');
  equal(texts(await hub.receive_async(10, null)), ['more']);
  assert(await client.close_async(null));
  await rejects(Hein.Error.CLOSED, client.receive_one_async());
});

tests.push(async function pairing() {
  if (GLib.getenv('HEIN_TEST_TLS') !== 'yes')
    return;
  const folder = GLib.dir_make_tmp('hein-XXXXXX');
  const sides = ['hub', 'kirk'].map(name => Hein.Pairing.new(
    `${folder}/${name}.id`, `${folder}/${name}.peers`, name));
  const [hub, kirk] = sides;
  let listening = hub.listen_async('127.0.0.1');

  assert(hub.code !== null && hub.uri.includes(hub.code));
  assert(hub.remaining_ms > 0 && hub.remaining_ms <= 60000);
  equal(await kirk.dial_async(hub.address, hub.code.toLowerCase()), 'hub');
  equal(await listening, 'kirk');
  equal(hub.code, null);
  listening = rejects(Hein.Error.INSECURE, hub.listen_async('127.0.0.1'));
  await rejects(Hein.Error.INSECURE,
    kirk.dial_async(hub.address, 'AAAA-AAAA-AAAA-AAAA'));
  await listening;
  for (const side of sides) {
    for (const file of [side.identity, side.peers])
      Gio.File.new_for_path(file).delete(null);
  }
  Gio.File.new_for_path(folder).delete(null);
});

tests.push(async function requests() {
  const [hub, client] = await pair();
  let nBad = 0;

  hub.serve('sum', async request => {
    await null;
    return `${request.text.split(' ').reduce((a, b) => Number(a) + Number(b), 0)}`;
  });
  hub.serve('echo/*', request => request.message);
  hub.serve('nothing', () => null);
  hub.serve('itself', request => request.reply('by itself', 'text/plain'));
  hub.serve('bad', request => {
    nBad++;
    throw new Hein.AnswerError(7, `${request.topic} of ${request.peer.name}`);
  });
  equal((await client.request_async(['sum', '1 2 3'], 60000)).text, '6');
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) =>
    client.request_to_async('hub', Hein.Message.make(`echo/${i}`, `${i}`))));
  equal(answers.map(answer => answer.text), answers.map((_, i) => `${i}`));
  equal((await client.request_async('nothing')).size, 0);
  const answer = await client.request_async('itself');
  equal([answer.text, answer.content_type, answer.sender.name],
    ['by itself', 'text/plain', 'hub']);
  let failure = null;
  try {
    await client.request_async('bad');
  } catch (error) {
    failure = error;
  }
  assert(failure instanceof Hein.AnswerError && !(failure instanceof Hein.Error));
  equal([failure.code, failure.message, nBad], [7, 'bad of client', 1]);
  await rejects(Hein.Error.NOT_SERVED, client.request_async('x'));
  await rejects(Hein.Error.NO_PEER, client.request_to_async('nobody', 'x'));
  fails(Hein.Error.DUPLICATE, () => hub.serve('bad', () => null));
  hub.unserve('bad');
  await rejects(Hein.Error.NOT_SERVED, client.request_async('bad'));
});

async function all(replies) {
  const got = [];

  for await (const reply of replies)
    got.push(reply.text);
  return got;
}

// Generators, asynchronous or not; who knows one answer gives one.
tests.push(async function requestMany() {
  const [hub, client] = await pair();

  hub.serve('count', async function* (request) {
    for (let i = 0; i < Number(request.text); i++) {
      yield `${i}`;
      await null;
    }
  });
  hub.serve('plain', function* (request) {
    for (let i = 0; i < Number(request.text); i++)
      yield `${i}`;
  });
  hub.serve('bad', async function* () {
    yield 'one';
    throw new Hein.AnswerError(7, 'no more');
  });
  hub.serve('one', () => 'one');
  hub.serve('hand', async request => {
    assert(request.takes_parts && request.credit === 3);
    for (let i = 0; i < 3; i++)
      request.reply_part(`${i}`);
    fails(Hein.Error.WOULD_BLOCK, () => request.reply_part('3'));
    await request.reply_part_async('3');
    request.end();
    fails(Hein.Error.CLOSED, () => request.reply_part('4'));
  });
  for (const topic of ['count', 'plain']) {
    for (const credit of [1, 2, 0]) {
      for (const n of [0, 1, 100]) {
        equal(await all(client.request_many([topic, `${n}`], 60000, credit)),
          Array.from({ length: n }, (_, i) => `${i}`));
      }
    }
  }
  equal(await all(client.request_many_to('hub', 'one')), ['one']);
  equal(await all(client.request_many('hand', 60000, 3)), ['0', '1', '2', '3']);
  const replies = client.request_many('bad');
  equal((await replies.next_async()).text, 'one');
  let failure = null;
  try {
    await replies.next_async();
  } catch (error) {
    failure = error;
  }
  equal([failure.code, failure.message], [7, 'no more']);
  await rejects(Hein.Error.NOT_SERVED, client.request_many('x').next_async());
  try {
    await client.request_async(['count', '1']);
  } catch (error) {
    failure = error;
  }
  assert(failure.message.includes('request_many'), failure.message);
});

// A generator that nobody takes more of is closed.
tests.push(async function generatorsAreClosed() {
  const [hub, client] = await pair();
  let end = null;
  const ended = new Promise(resolve => { end = resolve; });

  hub.serve('endless', async function* (request) {
    let i = 0;

    try {
      for (;; i++)
        yield `${i}`;
    } finally {
      end([i < 15, request.is_over]);
    }
  });
  for await (const reply of client.request_many('endless', -1, 4)) {
    if (reply.text === '9')
      break;
  }
  equal(await ended, [true, true]);
});

// Who is cancelled, or has no more time, tells the other side.
tests.push(async function requestsThatEnd() {
  const [hub, client] = await pair();
  const cancellable = new Gio.Cancellable();
  let cancel = null;
  const cancelled = new Promise(resolve => { cancel = resolve; });

  hub.serve('slow', request => new Promise(() => {
    request.get_cancellable().connect(() => cancel(request.is_over));
    cancellable.cancel();
  }));
  let failure = null;
  try {
    await client.request_async('slow', 60000, cancellable);
  } catch (error) {
    failure = error;
  }
  assert(failure.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), `${failure}`);
  equal(await cancelled, true);
});

tests.push(async function iteration() {
  const [hub, client] = await pair();
  const n = 10000; // some collections of garbage
  const got = [];
  const sent = (async () => {
    for (const text of count(n))
      await client.send_async(Hein.Message.make('n', text), null);
  })();

  for await (const message of hub) {
    got.push(message.text);
    if (got.length === n / 2)
      break;
  }
  // what was not given stays for the next
  while (got.length < n / 2 + 5)
    got.push((await hub.receive_one_async()).text);
  for await (const message of hub) {
    got.push(message.text);
    if (got.length === n)
      break;
  }
  await sent;
  equal(got, count(n));
});

// What iteration has not handed over is not taken: it is still in the bus.
tests.push(async function iterationTakesOneAtATime() {
  const [hub, client] = await pair();

  client.send_to('hub', 'n', '0');
  waitFor(() => hub.get_memory_used() > 0);
  const one = hub.get_memory_used();

  for (const text of count(10).slice(1))
    client.send_to('hub', 'n', text);
  waitFor(() => hub.get_memory_used() === 10 * one);
  for await (const message of hub) {
    equal(message.text, '0');
    break;
  }
  equal(hub.get_memory_used(), 9 * one);
  equal(texts(hub.take(10)), count(10).slice(1));
});

tests.push(async function endOfIteration() {
  const [hub, client] = await pair();
  const got = [];

  client.send_to('hub', 't', 'last');
  for await (const message of hub) {
    got.push(message.text);
    hub.close();
  }
  equal(got, ['last']);
});

tests.push(async function limits() {
  const [hub, client] = await pair();

  await rejects(Hein.Error.TIMED_OUT, hub.receive_one_async(1));
  throws(TypeError, () => hub.receive_async());
  const cancellable = new Gio.Cancellable();
  const promise = hub.receive_one_async(PATIENCE * 1000, cancellable);
  let failure = null;

  cancellable.cancel();
  await promise.catch(error => (failure = error));
  assert(failure?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
  assert(await client.send_async('t', 'x', 'text/plain'));
  equal((await hub.receive_one_async(5000)).content_type, 'text/plain');
  await client.close_async();
});

// What would never end, or be cut, is refused.
tests.push(function badArguments() {
  const bus = Hein.Bus.new('bus');

  for (const call of [() => bus.receive(0.5), () => bus.turn('1'), () => bus.ping(),
    () => bus.wait_for_peers(1, 0.1), () => bus.ping_async(1.5)])
    throws(TypeError, call);
  for (const call of [() => bus.ping(0), () => bus.ping_async(0),
    () => bus.wait_for_peers(0), () => bus.wait_for_peers_async(0),
    () => Hein.Bus.new('a\nb'), () => new Hein.Bus({ name: 'é'.repeat(128) })])
    throws(RangeError, call);
});

// As in C: with a callback there is no promise.
tests.push(async function callbacks() {
  const [hub, client] = await pair();
  const done = [];

  hub.receive_async(10, null, (_bus, result) => done.push(hub.receive_finish(result)));
  client.send_async(Hein.Message.make('t', 'x'), null,
    (_bus, result) => done.push(client.send_finish(result)));
  waitFor(() => done.length === 2);
  assert(done.includes(true));
  equal(texts(done.find(value => value !== true)), ['x']);
});

tests.push(async function cancel() {
  const [hub, client] = await pair();
  const cancellable = new Gio.Cancellable();
  const promise = hub.receive_one_async(-1, cancellable);
  let failure = null;

  cancellable.cancel();
  await promise.catch(error => (failure = error));
  assert(failure?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
  client.send_to('hub', 't', 'x');
  equal((await hub.receive_one_async()).text, 'x');
});

// ---- plugins ----

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

let nTests = 0;
let nFailed = 0;

function say(ok, name) {
  nTests++;
  nFailed += ok ? 0 : 1;
  print(`${ok ? 'ok' : 'not ok'} ${nTests} ${name}`);
}

async function run(test) {
  try {
    await test();
    say(true, test.name);
  } catch (error) {
    print(`# ${error}\n${error.stack}`.replace(/\n/g, '\n# '));
    say(false, test.name);
  }
}

function launchSuite(name) {
  const process = Gio.Subprocess.new(['gjs', SCRIPT, '--suite', name],
    Gio.SubprocessFlags.STDOUT_PIPE);
  const [, output] = process.communicate_utf8(null, null);

  for (const line of output.trim().split('\n')) {
    const match = /^(not )?ok \d+ (.*)/.exec(line);
    if (match !== null)
      say(match[1] === undefined, match[2]);
    else if (!/^(TAP|1\.\.)/.test(line))
      print(`# ${line}`);
  }
  say(process.get_successful(), `suite of the ${name}`);
}

async function main() {
  for (const test of tests)
    await run(test);
  for (const name of Object.keys(SUITES)) {
    if (!name.startsWith('encrypted') || GLib.getenv('HEIN_TEST_TLS') === 'yes')
      launchSuite(name);
  }
  print(`1..${nTests}`);
}

if (ARGV[0] === '--suite')
  System.exit(runSuite(ARGV[1]));
if (ARGV[1] === '--be-a-peer-of') {
  SUITES[ARGV[0]]();
  HeinTest.be_peer(ARGV[2]);
}
const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
System.exit(nFailed === 0 && nTests > 0 ? 0 : 1);
