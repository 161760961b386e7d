// SPDX-License-Identifier: LGPL-2.1-or-later
// A mistake in each line that says so, which the compiler must find.
import Hein from 'gi://Hein?version=1';

function use(bus: Hein.Bus, message: Hein.Message) {
  bus.sent('topic'); // wrong: no such method
  bus.send('topic', 5); // wrong: no payload
  bus.send(5); // wrong: no topic
  bus.send(message, 'text'); // wrong: it has its payload
  bus.linger_ms = '100'; // wrong: a number
  bus.name = 'spock'; // wrong: it is what it was made with
  bus.overflow = Hein.Role.DIAL; // wrong: another enumeration
  bus.listen(5555); // wrong: an address
  bus.peers.lookup('kirk').name; // wrong: it may be null
  message.get_sender().name; // wrong: it may be null
  message.content_type.length; // wrong: it may be null
  message.text = 'text'; // wrong: it never changes
  const number: number = message.text; // wrong: text
  const text: string = message.bytes; // wrong: bytes
  bus.receive('soon'); // wrong: milliseconds
  bus.serve('topic', (request: string) => request); // wrong: it is given a request
  bus.connect('peer-added', (_bus, peer) => peer.nmae); // wrong: no such property
  bus.connect('message', (_bus, message) => message.nmae); // wrong: no such property
  bus.connect('message::topic', (_bus, message) => message.nmae); // wrong: nor here
  new Hein.Bus({ linger: '1 s' }); // wrong: no such property
  Hein.Strategy.new(); // wrong: which?
  Hein.Nothing; // wrong: no such name
  Hein.Error.NOTHING; // wrong: no such code
  throw new Hein.AnswerError('no'); // wrong: a code before it
}

async function wait(bus: Hein.Bus) {
  const text: string = bus.receive_one_async(); // wrong: not awaited
  const one: Hein.Message = await bus.receive_async(1); // wrong: an array
  bus.request('topic', 'text', 'text/plain', '1 s'); // wrong: milliseconds
  bus.post('topic', 42); // wrong: no payload
  bus.deliver_async(['topic'], 'text'); // wrong: an array has the payload
  bus.post_async('topic', 'text', 1000); // wrong: it has no time
  bus.send(Hein.Message.make('topic'), 'text'); // wrong: a message has its payload
}
