// SPDX-License-Identifier: LGPL-2.1-or-later
// A network in virtual time, for tests.

/* exported extend */

const { GLib } = imports.gi;
const { checkMs, define, refuseNul } = imports.overrides.hein.base;

// Those of GLib become those of hein, which are the same outside of a simulation:
// setTimeout () and setInterval () are made of them.
function takeOverTimeouts(Hein) {
  const names = ['get_monotonic_time', 'get_real_time', 'timeout_add',
    'timeout_add_seconds', 'timeout_source_new', 'timeout_source_new_seconds'];

  for (const name of names)
    GLib[name] = Hein[`${name}_full`] ?? Hein[name];
}

// What is left of a closed simulation is told in the main context, as are promises.
function step(net) {
  return net.is_closed ? GLib.MainContext.default().iteration(false) : net.step();
}

// Until the promise is settled.
function runPromise(net, promise) {
  let end = null;

  promise.then(value => (end = { value }), error => (end = { error }));
  while (end === null) {
    if (!step(net) && end === null) {
      throw new Error(net.is_closed
        ? 'the function waits for ever: the simulation is closed'
        : 'the function waits for ever: nothing will happen in the simulation');
    }
  }
  if ('error' in end)
    throw end.error;
  return end.value;
}

function extendRunning(Hein) {
  const simulation = Hein.Simulation.prototype;
  const { _init: init, run } = simulation;

  define(simulation, {
    _init(...args) {
      takeOverTimeouts(Hein);
      init.apply(this, args);
    },

    /**
     * Lets time pass: so many milliseconds, or, with a function that may be
     * asynchronous, as much as that takes.
     *
     * @param {number|Function} what - how many milliseconds, or a function
     * @returns {*} what the function has returned
     */
    run(what) {
      return typeof what === 'function' ? runPromise(this, (async () => what(this))())
        : run.call(this, what);
    },

    /**
     * A promise that is settled when so much time has passed.
     *
     * @param {number} timeMs - milliseconds
     */
    sleep(timeMs) {
      checkMs(timeMs, 0);
      return new Promise(resolve => Hein.timeout_add_full(GLib.PRIORITY_DEFAULT, timeMs, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
      }));
    },
  });
}

const FAULTS = ['cut', 'partition', 'pause', 'slow', 'crash'];

function isHost(name) {
  return typeof name === 'string' && /^[^\s;\0]+$/.test(name) && name !== '*';
}

function checkNames(what, names, isValid) {
  if (!Array.isArray(names) || names.length === 0)
    throw new TypeError(`${what} are an array of names, not ${names}`);
  for (const name of names) {
    if (!isValid(name))
      throw new TypeError(`${name} is none of the ${what}`);
  }
}

// The test as C calls it, which learns whether it held; `run.error` says why not.
function makeRun(test) {
  const run = { error: null, isOver: false };

  run.call = net => {
    if (run.isOver)
      return false;
    run.error = null;
    try {
      const result = test(net);

      if (result === undefined || typeof result === 'boolean')
        return result !== false;
      run.isOver = true;
      run.error = new TypeError(
        `a test returns nothing, or whether it held, not ${result}`);
    } catch (error) {
      run.error = error;
    } finally {
      net.close(); // its buses are out of the way then
    }
    return false;
  };
  return run;
}

function extendExploring(Hein) {
  const { explore } = Hein.Simulation;

  define(Hein.Simulation, {
    /**
     * Runs a test with many seeds and random faults, and throws an Error with the
     * fewest faults with which it fails. What the test has thrown is its `cause`,
     * and its `seed` and `faults` are for `new Hein.Simulation ({ seed })` and
     * `add_faults ()`.
     *
     * @param {Function} test - takes a simulation, and throws or returns false
     * @param {string[]} hosts - to which something may happen
     * @param {Object} options - `seed`, the first one; `seeds`, how many; `faults`,
     *   an array of kinds; `within_ms`, when all faults are over
     */
    explore(test, hosts,
      { seed = 1, seeds = 100, faults = null, within_ms: withinMs = 10000 } = {}) {
      if (typeof test !== 'function')
        throw new TypeError(`a test is a function of a simulation, not ${test}`);
      checkNames('hosts', hosts, isHost);
      if (faults !== null)
        checkNames('faults', faults, name => FAULTS.includes(name));
      checkMs(withinMs, 1);
      takeOverTimeouts(Hein);

      const run = makeRun(test);
      const [report, failedSeed, failedFaults] =
        explore.call(this, seed, seeds, hosts, faults, withinMs, run.call);

      if (run.isOver)
        throw run.error;
      if (report !== null) {
        const error = new Error(report.trimEnd(), { cause: run.error });

        throw Object.assign(error, { seed: failedSeed, faults: failedFaults });
      }
    },
  });
}

function extend(Hein) {
  const simulation = Hein.Simulation.prototype;

  refuseNul(simulation, 'add_faults', 'crash', 'cut', 'cut_after', 'kill', 'pause',
    'restart', 'resume', 'set_host', 'set_loss', 'set_way');
  extendRunning(Hein);
  extendExploring(Hein);
}
