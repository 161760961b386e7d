#!/usr/bin/env gjs
// SPDX-License-Identifier: LGPL-2.1-or-later
// The JavaScript binding: messages, payloads, texts, errors. Prints TAP.

imports.gi.versions.Hein = '1';
const System = imports.system;
const { Gio, GLib, Hein } = imports.gi;

imports.searchPath.unshift(GLib.path_get_dirname(
  System.programPath ?? System.programInvocationName));
const {
  PATIENCE, assert, count, equal, fails, pair, runAll, settle, tests, throws,
} = imports.gjsEnds;

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

tests.push(function attributes() {
  const message = Hein.Message.make('t', 'x', null,
    { attributes: { id: '7', x: '' }, expiry_ms: 60000 });

  equal(message.attributes, { id: '7', x: '' });
  equal([message.get_attribute('id'), message.get_attribute('y')], ['7', null]);
  assert(message.expiry_ms > 0 && message.expiry_ms <= 60000, 'it expires');
  message.set_attribute('x', null);
  equal(message.attributes, { id: '7' });
  equal(Hein.Message.make('t').attributes, {});
  equal(Hein.Message.make('t').expiry_ms, -1);
  equal(Hein.Message.make('t').priority, Hein.Priority.NORMAL);
  fails(Hein.Error.FAILED, () => message.set_attribute('a b', ''));
  fails(Hein.Error.TOO_LARGE, () => message.set_attribute('a', 'x'.repeat(2048)));
});

tests.push(async function attributesArrive() {
  const [sender, receiver] = await pair();
  let message = null;

  receiver.connect('message', (_bus, got) => {
    message = got.ref();
  });
  sender.send(Hein.Message.make('t', 'x', null,
    { attributes: { id: '7' }, expiry_ms: 60000, priority: Hein.Priority.HIGH }));
  while (message === null)
    await settle();
  equal(message.attributes, { id: '7' });
  assert(message.expiry_ms > 0 && message.expiry_ms <= 60000, 'it expires');
  equal(message.priority, Hein.Priority.HIGH);
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

// The same without a message in between, and the message itself says no more.
tests.push(async function sentData() {
  const [one, two] = await pair();
  const bytes = Uint8Array.from([0, 1, 255]);

  for (const [data, raw] of [
    [bytes, [0, 1, 255]], [new Uint16Array([256, 2]), [0, 1, 2, 0]],
    [bytes.buffer, [0, 1, 255]], [new GLib.Bytes('abc'), [97, 98, 99]],
    ['a\0é', [97, 0, 0xc3, 0xa9]], [[], []], [null, []],
  ]) {
    equal(one.send_data('topic', data), true);
    const message = await two.receive_one_async(PATIENCE * 4000);

    equal([message.topic, Array.from(message.bytes)], ['topic', raw]);
  }
  for (const bad of [5, true, {}, [1.5], [256], [-1], () => {}])
    throws(TypeError, () => one.send_data('topic', bad));
  throws(TypeError, () => one.send_data('a\0b', bytes));
  one.close();
  two.close();
  fails(Hein.Error.CLOSED, () => one.send_data('topic', bytes));
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
  for (const text of count(100000))
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


runAll();
