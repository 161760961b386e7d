// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of programs in virtual time, in JavaScript. Prints TAP.

imports.gi.versions.Hein = '1';
const { GLib, Hein } = imports.gi;
const System = imports.system;

const HUB = 'tcp://hub:5555?plaintext=yes';

function assert(is, what) {
  if (!is)
    throw new Error(what);
}

function throws(call, words) {
  try {
    call();
  } catch (error) {
    assert(error.message.includes(words), error.message);
    return error;
  }
  throw new Error(`nothing says ${words}`);
}

function makeEnds(net) {
  net.set_host('hub');
  const hub = new Hein.Bus({ name: 'hub' });
  hub.listen(HUB);
  net.set_host('roof');
  const sensor = new Hein.Bus({ name: 'sensor' });
  sensor.dial(HUB);
  return [hub, sensor];
}

// It sends when it is connected, and hears nothing more of it: a mistake.
function careless(net) {
  const [hub, sensor] = makeEnds(net);
  const heard = [];

  hub.connect('message', (_hub, message) => heard.push(message.text));
  if (!net.run_until(20000, () => sensor.peers.length === 1))
    return;
  net.run(100);
  sensor.send('temperature', '20.5');
  net.run(120000);
  assert(heard.length === 1, `${heard.length} values`);
}

const tests = {
  // What an async function awaits goes on while the simulation runs.
  promises() {
    const net = new Hein.Simulation({ seed: 1 });
    const [hub, sensor] = makeEnds(net);
    const answers = [];
    const before = net.get_time_us();

    hub.serve('double', async request => {
      await null;
      return String(2 * request.text);
    });
    (async () => {
      await sensor.wait_for_peers_async();
      for (let i = 0; i < 3; i++)
        answers.push((await sensor.request_async('double', String(i))).text);
    })().catch(logError);
    assert(net.run_until(1000, () => answers.length === 3), `${answers}`);
    assert(String(answers) === '0,2,4', `${answers}`);
    assert(net.get_time_us() - before < 1000000, 'no time need pass for a promise');
    net.close();
  },

  steps() {
    const net = new Hein.Simulation({ seed: 1 });
    const [, sensor] = makeEnds(net);
    let isThere = false;

    sensor.wait_for_peers_async().then(() => (isThere = true)).catch(logError);
    for (let i = 0; i < 1000 && !isThere; i++)
      assert(net.step(), 'something happens');
    assert(isThere, 'it is there');
    net.close();
  },

  // Timeouts, as the program has them, come in the time of the simulation.
  timeouts() {
    const net = new Hein.Simulation({ seed: 1 });
    const calls = [];
    const begin = net.get_time_us();
    const note = what => calls.push(`${what}@${(net.get_time_us() - begin) / 1000}`);
    let nMinutes = 0;

    setTimeout(note, 250, 'timeout');
    clearTimeout(setTimeout(note, 260, 'cleared'));
    const interval = setInterval(() => note('interval'), 400);
    setTimeout(() => clearInterval(interval), 900);
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 500, () => {
      note('glib');
      return GLib.SOURCE_REMOVE;
    });
    GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 60, () => ++nMinutes < 100);
    net.run(60 * 60 * 1000);
    assert(String(calls) === 'timeout@250,interval@400,glib@500,interval@800',
      `${calls}`);
    assert(nMinutes === 60, `${nMinutes}`);
    net.close();
  },

  // An asynchronous program as a whole.
  program() {
    const net = new Hein.Simulation({ seed: 1 });
    const [hub, sensor] = makeEnds(net);
    const hours = [];
    const begin = net.get_time_us();

    hub.connect('message', (_hub, message) => hours.push(message.text));
    const result = net.run(async () => {
      await sensor.wait_for_peers_async();
      for (let hour = 0; hour < 24; hour++) {
        sensor.send('hour', String(hour));
        await net.sleep(60 * 60 * 1000);
      }
      await new Promise(resolve => setTimeout(resolve, 1000));
      return 'done';
    });

    assert(result === 'done', result);
    assert(hours.length === 24, `${hours}`);
    assert(net.get_time_us() - begin >= (24 * 3600 + 1) * 1000000, 'a day has passed');
    throws(() => net.run(async () => {
      await net.sleep(1);
      throw new Error('what it says');
    }), 'what it says');
    throws(() => net.sleep(0.5), 'whole number');
    hub.close();
    sensor.close();
    net.close();
  },

  endless() {
    const net = new Hein.Simulation({ seed: 1 });

    throws(() => net.run(() => new Promise(() => {})), 'for ever');
    net.close();
  },

  // Whoever waits is told, and nothing goes to the real world.
  closedMeanwhile() {
    const net = new Hein.Simulation({ seed: 1 });
    const [hub, sensor] = makeEnds(net);
    const waiting = sensor.receive_async(1).catch(error => error);

    hub.connect('peer-added', () => net.close());
    throws(() => hub.receive(), 'closed');
    assert(net.is_closed && hub.is_closed && sensor.is_closed, 'all are closed');
    throws(() => sensor.dial('tcp://localhost:1'), 'closed');
    waiting.then(error => {
      assert(error.matches(Hein.Error, Hein.Error.CLOSED), `${error}`);
      loop.quit();
    }).catch(logError);

    const loop = new GLib.MainLoop(null, false);

    loop.run();
    net.close();
  },

  closedWithin() {
    let net = new Hein.Simulation({ seed: 1 });
    const result = net.run(async () => {
      const [hub] = makeEnds(net);
      const waiting = hub.receive_async(1).catch(error => error);

      await net.sleep(10);
      net.close();
      return (await waiting).message;
    });

    assert(result.includes('closed'), result);
    net = new Hein.Simulation({ seed: 1 });
    throws(() => net.run(async () => {
      net.close();
      await new Promise(() => {});
    }), 'is closed');
  },

  mainLoop() {
    const net = new Hein.Simulation({ seed: 1 });
    const loop = new GLib.MainLoop(null, false);
    const begin = net.get_time_us();

    setTimeout(() => loop.quit(), 60 * 60 * 1000);
    loop.run();
    assert(net.get_time_us() - begin === 3600 * 1000000, 'an hour has passed');
    net.close();
  },

  // Faults are drawn, and the fewest that matter are told; they do it again.
  explore() {
    const error = throws(() => Hein.Simulation.explore(careless, ['hub', 'roof'],
      { seeds: 200, within_ms: 60000, faults: ['partition'] }), 'fails with seed');
    const net = new Hein.Simulation({ seed: error.seed });

    assert(error.cause.message.includes('values'), `${error.cause}`);
    assert(error.faults.split('\n').length === 2, error.faults);
    net.add_faults(error.faults);
    throws(() => careless(net), 'values');
    net.close();
  },

  // A test that says nothing holds; one that returns something else is refused.
  results() {
    Hein.Simulation.explore(() => {}, ['hub'], { seeds: 3 });
    Hein.Simulation.explore(() => true, ['hub'], { seeds: 3 });
    throws(() => Hein.Simulation.explore(() => false, ['hub']), 'without a fault');
    throws(() => Hein.Simulation.explore(async () => {}, ['hub']), 'returns nothing');
    throws(() => Hein.Simulation.explore(() => {}, []), 'hosts');
    throws(() => Hein.Simulation.explore(() => {}, ['two words']), 'hosts');
    throws(() => Hein.Simulation.explore(() => {}, ['hub'], { faults: ['fire'] }),
      'fire');
    throws(() => Hein.Simulation.explore(null, ['hub']), 'function');
  },

  badFaults() {
    const net = new Hein.Simulation({ seed: 1 });

    throws(() => net.add_faults('100 fire hub'), 'is no fault');
    net.close();
  },
};

const names = Object.keys(tests).filter(name => ARGV.length === 0 || ARGV.includes(name));
let nFailed = 0;

print(`1..${names.length}`);
names.forEach((name, i) => {
  try {
    tests[name]();
    print(`ok ${i + 1} ${name}`);
  } catch (error) {
    nFailed++;
    print(`# ${error.message}\n# ${error.stack.replace(/\n/g, '\n# ')}`);
    print(`not ok ${i + 1} ${name}`);
  }
});
System.exit(nFailed > 0 ? 1 : 0);
