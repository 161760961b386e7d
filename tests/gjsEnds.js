// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the JavaScript binding share: a hub and a client, waiting,
// what is to fail, and TAP.

/* exported SCRIPT, PATIENCE, TCP, tests, assert, equal, checkError, fails, throws, rejects, runExample, waitFor, settle, pair, inproc, texts, count, runAll */

imports.gi.versions.Hein = '1';
const System = imports.system;
const { Gio, GLib, Hein } = imports.gi;

var SCRIPT = Gio.File.new_for_path(System.programPath ?? System.programInvocationName)
  .get_path();
const PLUGINS = Gio.File.new_for_path(SCRIPT).get_parent().get_parent()
  .resolve_relative_path('plugins');
var PATIENCE = 5; // seconds
var TCP = 'tcp://127.0.0.1:0';

var tests = [];
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

var settle = () => new Promise(resolve => {
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

var inproc = () => `inproc://gjs-${serial++}`;
var texts = messages => messages.map(message => message.text);
var count = n => Array.from({ length: n }, (_, i) => `${i}`);

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

function launchSuites(suites) {
  for (const name of Object.keys(suites)) {
    if (!name.startsWith('encrypted') || GLib.getenv('HEIN_TEST_TLS') === 'yes')
      launchSuite(name);
  }
}

// Runs the tests of the program, and its suites, each in a process of its own;
// ends the process.
function runAll(suites = {}) {
  const loop = new GLib.MainLoop(null, false);

  (async () => {
    for (const test of tests)
      await run(test);
    launchSuites(suites);
    print(`1..${nTests}`);
  })().catch(logError).finally(() => loop.quit());
  loop.run();
  System.exit(nFailed === 0 && nTests > 0 ? 0 : 1);
}
