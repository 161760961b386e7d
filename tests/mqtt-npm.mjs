// SPDX-License-Identifier: LGPL-2.1-or-later
// The side of MQTT.js of test-mqtt-npm.py, under Node.js: for each line of standard
// input, which names a case and the port of the bus, a line that says how it ended.
// What a case waits for without end ends it by the patience of the other side.
//
// usage: node mqtt-npm.mjs NODE-MODULES VERSION

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [modules, version] = process.argv.slice(2);
const mqtt = createRequire(`${modules}/program.js`)('mqtt');
const IS_5 = version === '5';
const equal = assert.deepEqual;

let port;
let peers = [];

// A client, and the packets that have come to it and nobody has asked for yet.
class Peer {
  constructor(options) {
    this.packets = [];
    this.waiting = null;
    this.client = mqtt.connect({
      host: '127.0.0.1', port, protocolVersion: Number(version), reconnectPeriod: 0, ...options,
    });
    this.error = null;
    this.client.on('error', error => { this.error = error; });
    this.client.on('packetreceive', packet => this.add(packet));
    // what the library makes of them
    this.client.on('connect', () => this.add({ cmd: 'up' }));
    this.client.on('close', () => this.add({ cmd: 'close' }));
    peers.push(this);
  }

  add(packet) {
    this.packets.push(packet);
    this.waiting?.();
  }

  // The next packet that is one of these; those before it stay.
  async next(...kinds) {
    for (;;) {
      const i = this.packets.findIndex(packet => kinds.includes(packet.cmd));
      if (i >= 0)
        return this.packets.splice(i, 1)[0];
      await new Promise(resolve => { this.waiting = resolve; });
    }
  }

  // The topics and texts of the next n messages.
  async texts(n) {
    const all = [];
    while (all.length < n) {
      const { topic, payload } = await this.next('publish');
      all.push(`${topic} ${payload}`);
    }
    return all;
  }

  async subscribe(filter, options = { qos: 1 }) {
    const error = await new Promise(resolve => {
      this.client.subscribe(filter, options, resolve);
    });
    return { error, granted: (await this.next('suback')).granted };
  }

  // With QoS 1: the reason with which it is acknowledged, 0 in 3.1.1.
  async publish(topic, text, options = {}) {
    const error = await new Promise(resolve => {
      this.client.publish(topic, text, { qos: 1, ...options }, resolve);
    });
    const reason = (await this.next('puback')).reasonCode ?? 0;
    equal(error?.code ?? 0, reason < 0x80 ? 0 : reason);
    return reason;
  }

  // As it was said: nothing is waited for.
  say(topic, text, options = {}) {
    this.client.publish(topic, text, options, () => {});
  }

  // How the broker ends the connection: the reason that 5 has.
  async ended() {
    await this.next('close');
    return this.packets.find(packet => packet.cmd === 'disconnect')?.reasonCode;
  }
}

async function connect(clientId, options = {}) {
  const peer = new Peer({ clientId, ...options });
  equal((await peer.next('up', 'close')).cmd, 'up');
  peer.connack = await peer.next('connack');
  return peer;
}

// In 3.1.1 there is no reason beside the end.
function end(reason) {
  return IS_5 ? reason : undefined;
}

const cases = {
  async connect() {
    const named = await connect('kirk');
    equal(named.connack.sessionPresent, false);
    equal(named.connack[IS_5 ? 'reasonCode' : 'returnCode'], 0);
    const unnamed = await connect('', { clean: true });
    for (const peer of [named, unnamed]) {
      peer.client.sendPing();
      await peer.next('pingresp');
    }
    named.say('hub/here', '');
    await named.client.endAsync();
    if (!IS_5)
      return;
    const said = named.connack.properties;
    equal([said.maximumQoS, said.sharedSubscriptionAvailable,
      said.subscriptionIdentifiersAvailable, said.assignedClientIdentifier],
    [1, true, false, undefined]);
    unnamed.say('hub/name', unnamed.connack.properties.assignedClientIdentifier);
    await unnamed.client.endAsync();
  },

  // Everything that matches, in order, and nothing else, from a client and from the bus.
  async wildcards() {
    const watcher = await connect('kirk');
    equal((await watcher.subscribe(['x/+/z', 'y/#', '+/end'])).granted, [1, 1, 1]);
    const topics = ['x/1/z', 'x/z', 'x/1/2/z', 'x//z', 'y', 'yy', 'y/1/2', 'x/1/z/', 'the/end'];
    const wanted = ['x/1/z', 'x//z', 'y', 'y/1/2', 'the/end'];
    const other = await connect('spock');
    for (const qos of [0, 1]) {
      for (const topic of topics)
        other.say(topic, 'client', { qos });
      equal(await watcher.texts(wanted.length), wanted.map(topic => `${topic} client`));
    }
    await other.publish('hub/topics', JSON.stringify(topics));
    equal(await watcher.texts(wanted.length), wanted.map(topic => `${topic} bus`));
    equal(await watcher.client.unsubscribeAsync(['y/#', 'x/+/z']).then(() => watcher.packets
      .find(packet => packet.cmd === 'unsuback').granted), IS_5 ? [0, 0] : undefined);
    await other.publish('y/1', 'not any more');
    await other.publish('the/end', 'client');
    equal(await watcher.texts(1), ['the/end client']);
  },

  // It is acknowledged when the program has handled it, which says so before.
  async publish() {
    const peer = await connect('kirk');
    await peer.subscribe('handled', { qos: 0 });
    peer.say('hub/0', 'a');
    const acknowledged = peer.publish('hub/1', 'b');
    equal(await peer.texts(1), ['handled b']);
    assert(!peer.packets.some(packet => packet.cmd === 'puback'));
    peer.say('hub/seen', '');
    equal(await acknowledged, 0);
    equal(await peer.publish('hub/refused', 'c'), IS_5 ? 0x87 : 0);
    equal(await peer.publish('nobody', 'd'), IS_5 ? 0x10 : 0);
    const large = Buffer.alloc(500_000, 'é\0\xff', 'latin1');
    equal(await peer.publish('hub/large', large), 0);
    equal((await peer.next('publish')).payload, large);
  },

  // A receipt of the bus is PUBACK of the client, and what that says.
  async deliver() {
    const peer = await connect('kirk', {
      properties: IS_5 ? { receiveMaximum: 3 } : undefined,
      customHandleAcks: (topic, _payload, _packet, done) => done(topic === 'refused' ? 0x87 : 0),
    });
    await peer.subscribe(['a', 'refused']);
    await peer.subscribe('b', { qos: 0 });
    await peer.publish('hub/ready', '');
    const { qos, payload } = await peer.next('publish');
    equal([qos, payload.toString()], [0, 'sent']);
    for (let i = 0; i < 100; i++) {
      const packet = await peer.next('publish');
      equal([packet.topic, packet.qos, packet.dup, packet.payload.toString()],
        ['a', 1, false, `${i}`]);
    }
    equal(await peer.texts(1), ['refused x']);
    await peer.publish('hub/end', '');
  },

  async retained() {
    const peer = await connect('kirk');
    await peer.publish('lamps/1', 'on', { retain: true });
    await peer.publish('lamps/2', 'on', { retain: true });
    await peer.publish('lamps/1', 'off', { retain: true });
    await peer.publish('lamps/3', 'on');
    const later = await connect('spock');
    equal((await later.subscribe('lamps/+')).granted, [1]);
    for (const wanted of ['lamps/1 off', 'lamps/2 on']) {
      const { topic, payload, retain, qos } = await later.next('publish');
      equal([`${topic} ${payload}`, retain, qos], [wanted, true, 1]);
    }
    await peer.publish('lamps/2', '', { retain: true });
    await peer.publish('lamps/4', 'on', { retain: true });
    for (const wanted of ['lamps/2 ', 'lamps/4 on']) {
      const { topic, payload, retain } = await later.next('publish');
      equal([`${topic} ${payload}`, retain], [wanted, false]);
    }
    const last = await connect('uhura');
    await last.subscribe('#', { qos: 0 });
    equal(await last.texts(2), ['lamps/1 off', 'lamps/4 on']);
    await peer.publish('end', '');
    equal(await last.texts(1), ['end ']);
  },

  // Said of who is gone without a word, not of who leaves in order.
  async will() {
    const watcher = await connect('spock');
    await watcher.subscribe('hub/gone/+');
    const make = (name, more = {}) => connect(name, {
      will: { topic: `hub/gone/${name}`, payload: name, qos: 1, retain: true, ...more },
    });
    const leaves = await make('leaves');
    await leaves.client.endAsync();
    const more = IS_5
      ? { properties: { contentType: 'text/x', userProperties: { why: 'cut' } } } : {};
    const dies = await make('dies', more);
    dies.client.stream.destroy();
    const will = await watcher.next('publish');
    equal([will.topic, will.payload.toString(), will.qos, will.retain],
      ['hub/gone/dies', 'dies', 1, false]);
    if (IS_5) {
      equal([will.properties.contentType, { ...will.properties.userProperties }],
        ['text/x', { why: 'cut' }]);
      const wants = await make('wants');
      await wants.client.endAsync(false, { reasonCode: 0x04 });
      equal(await watcher.texts(1), ['hub/gone/wants wants']);
    }
    const later = await connect('later');
    await later.subscribe('hub/gone/dies');
    equal((await later.next('publish')).retain, true);
    await watcher.publish('hub/end', '');
  },

  // A listener keeps none, and says so: the client subscribes again, and says again what
  // was not acknowledged.
  async session() {
    const peer = await connect('kirk', {
      clean: false, reconnectPeriod: 1,
      properties: IS_5 ? { sessionExpiryInterval: 3600 } : undefined,
    });
    equal([peer.connack.sessionPresent, peer.connack.properties?.sessionExpiryInterval],
      [false, end(0)]);
    await peer.subscribe('a');
    const acknowledged = peer.publish('hub/job', 'x');
    equal(await peer.texts(1), ['a held']);
    peer.client.stream.destroy();
    await peer.next('close');
    equal((await peer.next('connack')).sessionPresent, false);
    await peer.next('suback');
    equal(await acknowledged, 0);
    peer.say('hub/back', '');
    equal(await peer.texts(1), ['a again']);
  },

  async takeover() {
    const first = await connect('kirk', {
      will: { topic: 'gone', payload: 'first', qos: 0, retain: false },
    });
    const watcher = await connect('spock');
    await watcher.subscribe('gone');
    await first.subscribe('a');
    const second = await connect('kirk');
    equal(second.connack.sessionPresent, false);
    equal(await first.ended(), end(0x8e));
    equal(await watcher.texts(1), ['gone first']);
    await second.subscribe('b');
    await watcher.publish('a', 'to nobody');
    await watcher.publish('b', 'x');
    equal(await second.texts(1), ['b x']);
  },

  // What is not taken from the publisher ends its connection, or is acknowledged with the
  // reason; nobody is told it.
  async topics() {
    const watcher = await connect('spock');
    await watcher.subscribe('#');
    for (const topic of ['a/+', '#', 'a#b']) {
      const peer = await connect('kirk');
      peer.say(topic, 'x', { qos: 1 });
      equal(await peer.ended(), end(0x82), topic);
    }
    const twice = await connect('kirk');
    twice.say('a', 'x', { qos: 2 });
    equal(await twice.ended(), end(0x9b));
    const peer = await connect('kirk');
    equal(await peer.publish('$SYS/uptime', 'x'), end(0x90) ?? 0);
    equal(await peer.publish('a/'.repeat(200), 'x'), end(0x90) ?? 0);
    equal(await peer.publish('é/€', 'x'), 0);
    equal(await watcher.texts(1), ['é/€ x']);
  },

  // Of a group one gets what a client publishes and what the bus sends, until it leaves
  // the group or goes.
  async share() {
    const members = [];
    for (const name of ['kirk', 'spock', 'uhura']) {
      members.push(await connect(name));
      equal((await members.at(-1).subscribe('$share/crew/a/#')).granted, [1]);
    }
    const other = await connect('scott');
    await other.subscribe(['$share/others/a/+', 'end']);
    const round = async (count, say) => {
      await say();
      const wanted = [...Array(12).keys()].map(i => `a/b ${i}`);
      equal((await other.texts(12)).sort(), [...wanted].sort());
      const came = await Promise.all(
        members.map((member, i) => member.texts(count[i])));
      equal(came.flat().sort(), [...wanted].sort());
    };
    const publish = async () => {
      for (let i = 0; i < 12; i++)
        await other.publish('a/b', `${i}`);
    };
    await round([4, 4, 4], publish);
    await round([4, 4, 4], () => other.publish('hub/send', ''));
    await members[0].client.unsubscribeAsync('$share/crew/a/#');
    await round([0, 6, 6], publish);
    await members[1].client.endAsync();
    await round([0, 0, 12], publish);
    await round([0, 0, 12], () => other.publish('hub/send', ''));
    await other.publish('hub/end', '');
    equal(await other.texts(1), ['end ']);
    for (const member of members)
      assert(!member.packets.some(packet => packet.cmd === 'publish'));
    if (!IS_5)
      return;
    members[2].client.subscribe('$share/crew/b', { qos: 0, nl: true }, () => {});
    equal(await members[2].ended(), 0x82);
  },

  async grants() {
    const peer = await connect('kirk');
    const fail = IS_5 ? code => code : () => 0x80;
    const { error, granted } = await peer.subscribe(
      { a: { qos: 2 }, '$share/g': { qos: 0 }, 'b/*': { qos: 1 }, 'c/#': { qos: 0 } });
    equal(granted, [1, fail(0x8f), fail(0x8f), 0]);
    assert(error);
    await peer.client.unsubscribeAsync(['a', 'never']);
    equal((await peer.next('unsuback')).granted, IS_5 ? [0, 0x11] : undefined);
    const other = await connect('spock');
    await other.publish('a', 'not any more');
    await other.publish('c/1', 'x');
    const { topic, qos } = await peer.next('publish');
    equal([topic, qos], ['c/1', 0]);
    if (!IS_5)
      return;
    peer.client.subscribe('d', { qos: 0, properties: { subscriptionIdentifier: 7 } }, () => {});
    equal(await peer.ended(), 0xa1);
  },
};

const casesOf5 = {
  // No local, retain as published, and retain handling.
  async options() {
    const peer = await connect('kirk');
    await peer.publish('r', 'kept', { retain: true });
    await peer.subscribe('r', { qos: 1, nl: true, rap: true, rh: 2 });
    await peer.publish('r', 'own', { retain: true });
    const other = await connect('spock');
    await other.publish('r', 'other', { retain: true });
    const { payload, retain } = await peer.next('publish');
    equal([payload.toString(), retain], ['other', true]);
    await peer.subscribe('r', { qos: 1, rh: 1 });
    await peer.subscribe('r', { qos: 1, rh: 0 });
    equal(await peer.texts(1), ['r other']);
    await other.publish('r', 'last');
    equal(await peer.texts(1), ['r last']);
  },

  // From client to client, to the bus, and from it.
  async properties() {
    const peer = await connect('kirk');
    await peer.subscribe(['a', 'hub/a', 'back']);
    const said = {
      contentType: 'text/plain', messageExpiryInterval: 3600, payloadFormatIndicator: true,
      userProperties: { unit: '°C', 'a name': '', twice: ['b', 'a'], more: 'x'.repeat(300) },
    };
    const other = await connect('spock');
    await other.publish('a', 'x', { properties: said });
    await other.publish('hub/a', 'x', { properties: said });
    for (let i = 0; i < 2; i++) {
      const { properties } = await peer.next('publish');
      const left = properties.messageExpiryInterval;
      assert(left > 0 && left <= said.messageExpiryInterval, `${left}`);
      equal({
        ...properties, messageExpiryInterval: said.messageExpiryInterval,
        userProperties: { ...properties.userProperties },
      }, said);
    }
    const { properties } = await peer.next('publish');
    equal([properties.contentType, { ...properties.userProperties }],
      ['text/x', { unit: 'K' }]);
  },

  // The bus answers, refuses, and is asked by nobody else.
  async ask() {
    const peer = await connect('kirk');
    await peer.subscribe('answers/kirk');
    const request = async (topic, number) => {
      const correlationData = Buffer.from([number, 0, 255]);
      await peer.publish(topic, 'good morning',
        { properties: { responseTopic: 'answers/kirk', correlationData } });
      const answer = await peer.next('publish');
      equal(answer.properties.correlationData, correlationData);
      return [answer.payload.toString(), { ...answer.properties.userProperties }];
    };
    equal(await request('shout', 1), ['GOOD MORNING', {}]);
    equal(await request('refuse', 2),
      ['', { 'hein-error': 'not today', 'hein-error-code': '7' }]);
    equal(await peer.publish('unserved', 'x', { properties: { responseTopic: 'answers/kirk' } }),
      0x10);
    peer.say('shout', 'x', { qos: 1, properties: { responseTopic: 'answers/+' } });
    equal(await peer.ended(), 0x82);
  },

  // The bus asks one client, and one client another.
  async answer() {
    const peer = await connect('kirk');
    await peer.subscribe('double');
    const answer = async () => {
      const { payload, properties } = await peer.next('publish');
      await peer.publish(properties.responseTopic, `${payload}${payload}`,
        { properties: { correlationData: properties.correlationData } });
    };
    peer.say('hub/ready', '');
    await answer();
    const asker = await connect('spock');
    await asker.subscribe('answers/spock');
    const correlationData = Buffer.from('7');
    await asker.publish('double', 'b',
      { properties: { responseTopic: 'answers/spock', correlationData } });
    await answer();
    const { payload, properties } = await asker.next('publish');
    equal([payload.toString(), properties.correlationData], ['bb', correlationData]);
    await peer.publish('hub/end', '');
  },
};

async function run(name) {
  try {
    await { ...cases, ...casesOf5 }[name]();
    return 'ok';
  } catch (error) {
    return `${error.stack}`;
  } finally {
    for (const { client } of peers)
      client.end(true);
    peers = [];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, at] = line.split(' ');
  port = Number(at);
  console.log(JSON.stringify(await run(name)));
}
