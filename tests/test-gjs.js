#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// The JavaScript binding: buses, signals, promises, requests. Prints TAP.

imports.gi.versions.Hein = '1';
const System = imports.system;
const { Gio, GLib, Hein } = imports.gi;

imports.searchPath.unshift(GLib.path_get_dirname(
  System.programPath ?? System.programInvocationName));
const {
  PATIENCE, SCRIPT, TCP, assert, count, equal, fails, inproc, pair, rejects, runAll, settle,
  tests, texts, throws, waitFor,
} = imports.gjsEnds;

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

tests.push(function replay() {
  const path = `${GLib.path_get_dirname(SCRIPT)}/fuzz/seeds/mcap/whole`;
  const bus = Hein.Bus.new('test');

  bus.dial(`replay://${path}?rate=max`);
  const got = [bus.receive(5000), bus.receive(5000)];
  equal(got.map(message => message.get_sender().get_name()), ['anna', 'anna']);
  equal(got.map(message => message.text), ['{}', 'one']);
  fails(Hein.Error.BAD_ADDRESS, () => bus.listen(`replay://${path}`));
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

tests.push(async function getRetained() {
  const [hub, client] = await pair(`${TCP}?retain=yes`);

  await rejects(Hein.Error.NOT_SERVED, client.get_async('speed'));
  hub.send('speed', '1');
  hub.send('speed', '2');
  const value = await client.get_async('speed', 60000);
  equal([value.topic, value.text, value.sender.name], ['speed', '2', 'hub']);
});

tests.push(function inspectable() {
  const before = GLib.getenv('XDG_RUNTIME_DIR');
  const runtime = GLib.dir_make_tmp('hein-XXXXXX');
  const list = () => Gio.File.new_for_path(`${runtime}/hein`)
    .enumerate_children('standard::name', Gio.FileQueryInfoFlags.NONE, null)
    .next_file(null)?.get_name() ?? null;

  GLib.setenv('XDG_RUNTIME_DIR', runtime, true);
  const bus = new Hein.Bus({ name: 'lamp', inspectable: true });
  assert(list().endsWith('-lamp'));
  bus.inspectable = false;
  equal(list(), null);
  GLib.rmdir(`${runtime}/hein`);
  GLib.rmdir(runtime);
  if (before === null)
    GLib.unsetenv('XDG_RUNTIME_DIR');
  else
    GLib.setenv('XDG_RUNTIME_DIR', before, true);
});

tests.push(async function accessFile() {
  const [file, stream] = Gio.File.new_tmp('hein-XXXXXX.access');
  stream.get_output_stream().write_all('allow anonymous request time\n', null);
  stream.close(null);
  const [reason, allowed] = Hein.access_explain(
    file.get_path(), null, null, Hein.Action.PUBLISH, 't');
  assert(!allowed && reason.includes('no line'), reason);
  const hub = Hein.Bus.new('hub');
  const client = Hein.Bus.new('client');
  const bound = hub.listen(`${TCP}?access-file=${file.get_path()}`).get_bound_uri();
  file.delete(null);
  await client.dial_async(bound.split('?')[0], null);
  hub.serve('**', () => 'noon');
  client.send('secret', 'no');
  equal((await client.request_async('time')).text, 'noon');
  await rejects(Hein.Error.FORBIDDEN, client.request_async('date'));
  equal(hub.get_n_dropped(Hein.DropReason.FORBIDDEN), 2);
  equal(hub.get_peers().get_peer(0).get_n_dropped(Hein.DropReason.FORBIDDEN), 2);
});

tests.push(async function deliveries() {
  const [hub, client] = await pair();
  const got = [];
  const id = hub.connect('message', (_bus, message) => got.push(message.text));
  let receipt = await client.deliver_async(['t', 'one'], 60000);

  equal([receipt.n_peers, receipt.n_acknowledged, got], [1, 1, ['one']]);
  assert(receipt.check());
  equal(receipt.outcomes.map(({ peer, outcome, error }) =>
    [peer.name, outcome, error]), [['hub', Hein.Outcome.ACKNOWLEDGED, null]]);
  for (const text of ['two', 'again']) {
    const message = Hein.Message.make('t', text, null, { attributes: { id: '2' } });

    assert((await client.deliver_async(message)).check());
  }
  equal(got, ['one', 'two']);
  hub.disconnect(id);
  hub.acknowledge = Hein.Acknowledge.MANUAL;
  const first = client.deliver_async(['t', 'good']);
  const second = client.deliver_to_async('hub', ['t', 'bad']);
  const good = await hub.receive_one_async(60000);
  const bad = await hub.receive_one_async(60000);
  assert(good.wants_receipt && good.remaining_ms === -1);
  bad.refuse('no such job');
  receipt = await second;
  equal([receipt.n_failed, receipt.outcomes[0].outcome],
    [1, Hein.Outcome.FAILED]);
  fails(Hein.Error.REFUSED, () => receipt.check());
  good.acknowledge();
  assert((await first).check() && !good.wants_receipt);
  await rejects(Hein.Error.NO_PEER, client.deliver_to_async('nobody', 't'));
});

tests.push(async function posts() {
  const [hub, client] = await pair();
  const folder = GLib.Dir.make_tmp('hein-gjs-XXXXXX');
  const settled = [];
  const got = [];

  hub.connect('message', (_bus, message) => got.push(message.text));
  client.connect('settled', (_bus, message, receipt) => settled.push([message.text, receipt]));
  await rejects(Hein.Error.FAILED, client.post_async('t'));
  throws(RangeError, () => client.open_spool(folder, 1));
  assert(client.open_spool(folder));
  assert(await client.post_async(['t', 'one']));
  assert(await client.post_to_async('hub', Hein.Message.make('t', 'two')));
  while (settled.length < 2)
    await settle();
  equal(settled.map(([text, receipt]) => [text, receipt.check()]),
    [['one', true], ['two', true]]);
  equal([got, client.get_n_posted()], [['one', 'two'], 0]);
  client.close();
  for (const name of ['lock', '0000000000000001.spool'])
    GLib.unlink(`${folder}/${name}`);
  GLib.rmdir(folder);
});

// What each form of a call sends.
const FORMS = [
  [[['t', '42', 'text/x']], ['42', 'text/x']],
  [[Hein.Message.new_typed('t', 'text/x', new TextEncoder().encode('42'))], ['42', 'text/x']],
  [['t', '42', 'text/x'], ['42', 'text/x']],
  [['t', '42'], ['42', null]],
  [['t', Uint8Array.of(52, 50)], ['42', null]],
  [['t', null, 'text/x'], ['', 'text/x']],
  [['t', undefined, undefined], ['', null]],
  [['t'], ['', null]],
];

async function noteForms(make) {
  const [hub, client] = await pair();
  const got = [];
  const note = message => got.push([message.text, message.content_type]);

  hub.connect('message', (_bus, message) => note(message));
  hub.serve('t', request => note(request.message) && 'ok');
  for (const [args, expected] of FORMS) {
    for (const call of make(client)) {
      got.length = 0;
      await call(args);
      equal([`${call}`, args, ...got], [`${call}`, args, expected]);
    }
  }
}

tests.push(async function formsOfRequests() {
  const cancellable = new Gio.Cancellable();

  await noteForms(client => [
    args => client.request_async(...args),
    args => client.request_async(...args, 60000),
    args => client.request_async(...args, 60000, cancellable),
    args => client.request_to_async('hub', ...args, 60000),
    args => new Promise(end => {
      client.request_async(...args, 60000, cancellable, end);
    }),
    args => all(client.request_many(...args)),
    args => all(client.request_many(...args, 60000, 3)),
    args => all(client.request_many_to('hub', ...args, 60000)),
  ]);
});

tests.push(async function formsOfDeliveries() {
  const cancellable = new Gio.Cancellable();

  await noteForms(client => [
    args => client.deliver_async(...args),
    args => client.deliver_async(...args, 60000, cancellable),
    args => client.deliver_to_async('hub', ...args, 60000),
    args => new Promise(end => {
      client.deliver_to_async('hub', ...args, 60000, cancellable, end);
    }),
  ]);
});

// Answers in another process, which those that block can wait for.
const SERVER = `imports.gi.versions.Hein = '1';
const { Hein } = imports.gi;
const bus = Hein.Bus.new('server');

// Promises are not settled while the loop below runs; what is there is sent.
bus.serve('t', request => request.text + ', ' + request.message.content_type);
bus.serve('bad', () => {
  throw new Hein.AnswerError(7, 'bad');
});
bus.dial(ARGV[0]);
for (const message of bus) {
  if (message.topic === 'end')
    break;
}
bus.close();`;

tests.push(function formsThatWait() {
  const hub = Hein.Bus.new('hub');
  const { bound_uri: uri } = hub.listen(TCP);
  const child = Gio.Subprocess.new(['gjs', '-c', SERVER, uri], Gio.SubprocessFlags.NONE);

  try {
    hub.wait_for_peers(1, PATIENCE * 1000);
    for (const [args, [text, type]] of FORMS) {
      equal(hub.request(...args, 5000).text, `${text}, ${type}`);
      assert(hub.deliver(...args, 5000).check());
    }
    throws(Hein.AnswerError, () => hub.request('bad', '', null, 5000));
    hub.send('end');
  } finally {
    hub.close();
    child.force_exit();
  }
});

// Those that block, and what none of them takes.
tests.push(function formsThatBlock() {
  const [hub, client] = [Hein.Bus.new('hub'), Hein.Bus.new('client')];
  const folder = GLib.Dir.make_tmp('hein-gjs-XXXXXX');

  client.open_spool(folder);
  for (const [args] of FORMS)
    client.post(...args);
  client.dial(hub.listen(inproc()).get_bound_uri());
  waitFor(() => client.get_peers().get_n_peers() === 1);
  equal(FORMS.map(() => hub.receive(PATIENCE * 1000)).map(
    message => [message.text, message.content_type]), FORMS.map(([, expected]) => expected));
  for (const call of [() => client.post('t', 'x', null, 'y'), () => client.post('t', 42),
    () => client.post('t', 'x', 42), () => client.post('t', 'x', () => 0),
    () => client.post(['t'], 'x'), () => client.post(Hein.Message.make('t'), 'x'),
    () => client.post_async('t', 42), () => client.post_async('t', 'x', null, 'y'),
    () => client.post_async(['t'], 'x'), () => client.post_async({ topic: 't' }),
    () => client.request('t', 'x', null, '5'), () => client.request('t', 'x', 0.5),
    () => client.request('t', 'x', null, 5, null),
    () => client.deliver('t', 'x', null, '5'), () => client.deliver(['t'], 'x'),
    () => client.deliver_async('t', 'x', null, 5, {}),
    () => client.deliver_async('t', 'x', null, 5, null, 'f'),
    () => client.request_async('t', 'x', 'text/x', 'y'),
    () => client.request_many('t', 'x', null, 5, '4'),
    () => client.send('t', 'x', null, {}), () => client.send(Hein.Message.make('t'), 'x'),
    () => client.post(), () => client.request_async()])
    throws(Error, call);
  client.close();
  for (const name of ['lock', '0000000000000001.spool'])
    GLib.unlink(`${folder}/${name}`);
  GLib.rmdir(folder);
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

runAll();
