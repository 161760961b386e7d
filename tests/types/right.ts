// SPDX-License-Identifier: LGPL-2.1-or-later
// What programs do with hein, and which types it has; it is not run.
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import Hein from 'gi://Hein?version=1';

// Fails to compile where the types are not the same; any is like nothing else.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2)
  ? true : false;
function check<A, B>(same: Same<A, B>) {}

function useBus(bus: Hein.Bus) {
  const endpoint = bus.listen('tcp://127.0.0.1:0');
  const peer = bus.peers.lookup('kirk');
  const dropped = bus.get_n_dropped(Hein.DropReason.OVERFLOW);

  check<typeof endpoint, Hein.Endpoint>(true);
  check<typeof peer, Hein.Peer | null>(true);
  check<typeof dropped, number>(true);
  check<typeof bus.endpoints, Hein.Endpoint[]>(true);
  check<typeof bus.linger_ms, number>(true);
  check<typeof bus.lingerMs, number>(true);
  bus.linger_ms = 100;
  bus.overflow = Hein.Overflow.WAIT;
  bus.strategy = Hein.Strategy.new('round-robin');
  bus.move_to_context();
  new Hein.Bus({ name: 'kirk', heartbeat_ms: 1000 });
}

function send(bus: Hein.Bus, message: Hein.Message) {
  bus.send(message);
  bus.send('topic');
  bus.send('topic', 'text');
  bus.send('topic', new Uint8Array([1]), 'image/png');
  bus.send('topic', new Float64Array([1]));
  bus.send('topic', new GLib.Variant('s', 'text'));
  bus.send('topic', ['a', new Uint8Array(1)]);
  bus.send_to('kirk', 'topic', 'text');
  bus.send_with(Hein.Strategy.new('by-name'), null, message);
}

function read(message: Hein.Message) {
  const bytes = message.bytes;
  const payload = message.payload;
  const name: string = message.sender.name;
  const sender = message.get_sender();
  const type = message.content_type;

  check<typeof message.text, string>(true);
  check<typeof bytes, Uint8Array>(true);
  check<typeof payload, GLib.Bytes>(true);
  check<typeof sender, Hein.Peer | null>(true);
  check<typeof type, string | null>(true);
  check<typeof message.attributes, Record<string, string>>(true);
  check<typeof message.expiry_ms, number>(true);
  message.set_attribute('id', null);
  Hein.Message.make('t', '', null, { attributes: { id: '7' }, expiry_ms: 5 });
  message.new_reply(name);
  Hein.Message.make('topic', 'text');
}

async function get(bus: Hein.Bus) {
  const value = await bus.get_async('topic', 5);
  const same = bus.get('topic');

  check<typeof value, Hein.Message>(true);
  check<typeof same, Hein.Message>(true);
}

async function wait(bus: Hein.Bus, peer: Hein.Peer) {
  await bus.wait_for_peers_async();
  const one = await bus.receive_one_async(1000);
  const some = await bus.receive_async(10);
  const pinged = await bus.ping_async(1000);
  const alive = await peer.ping_async(1000);
  const answer = await bus.request_async(['topic', 'text'], 1000);
  const receipt = await bus.deliver_to_async('hub', 'topic', 'text', 1000);

  check<typeof one, Hein.Message>(true);
  check<typeof receipt, Hein.Receipt>(true);
  check<typeof some, Hein.Message[]>(true);
  check<typeof pinged, { [name: string]: boolean }>(true);
  check<typeof answer, Hein.Message>(true);
  check<typeof alive, boolean>(true);
  await bus.dial_async('tcp://127.0.0.1:1', new Gio.Cancellable());
  await bus.send_async('topic', 'text');
  await bus.post_async('topic', '{}', 'application/json', new Gio.Cancellable());
  bus.post('topic', 'text');
  bus.request('topic', 1000);
  bus.request(one, 1000);
  bus.request_many('topic', null, null, -1, 4);
  bus.deliver_async('topic', 'text', null, -1, null,
    (source, result) => source.deliver_finish(result));
  for await (const message of bus)
    check<typeof message, Hein.Message>(true);
  for await (const reply of bus.request_many(['count', '40'], 5000))
    check<typeof reply, Hein.Message>(true);
  for (const message of bus)
    check<typeof message, Hein.Message>(true);
  bus.receive_async(10, null, (source, result) => source.receive_finish(result));
  await bus.close_async();
}

function listen(bus: Hein.Bus) {
  bus.connect('peer-added', (source, peer) => {
    check<typeof peer, Hein.Peer>(true);
    source.send_to(peer.name, 'topic');
  });
  bus.connect('message::topic', (_source, message) => {
    check<typeof message, Hein.Message>(true);
  });
  bus.serve('math/*', async request => request.text);
  bus.serve('count', async function* (request) {
    yield `${request.credit}`;
  });
  bus.serve('never', request => {
    check<typeof request, Hein.Request>(true);
    throw new Hein.AnswerError(1, 'no');
  });
}

function fail(bus: Hein.Bus) {
  try {
    bus.receive();
  } catch (error) {
    if (error instanceof Hein.Error && error.code === Hein.Error.TIMED_OUT)
      check<typeof error.message, string>(true);
    throw Hein.Error.new(Hein.Error.FAILED, 'no');
  }
}

const Longest = GObject.registerClass(class Longest extends Hein.Strategy {
  vfunc_select(peers: Hein.Peers, key: string | null, message: Hein.Message,
    selection: Hein.Selection) {
    for (const peer of peers)
      selection.add(peer);
  }
});

const [identity, name] = Hein.identity_read('file');
check<typeof identity, string>(true);
check<typeof name, string | null>(true);
