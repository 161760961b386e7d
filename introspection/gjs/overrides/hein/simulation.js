// SPDX-License-Identifier: LGPL-2.1-or-later
// A network in virtual time, for tests.

/* exported extend */

const { GLib } = imports.gi;
const { checkMs, define, refuseNul } = imports.overrides.hein.base;

// Promises go on in the main context, whose time is real: before the next thing
// happens in the simulation, the program has to have done what it does now.
const ROUNDS = 1000; // a source that is always ready must not stop the simulation

function settle() {
  const context = GLib.MainContext.ref_thread_default();

  for (let i = 0; i < ROUNDS && context.iteration(false); i++);
}

function extendRunning(simulation) {
  const { run_until: runUntil, step } = simulation;
  const members = {
    run(timeMs) {
      this.run_until(timeMs, () => false);
    },

    run_until(limitMs, isReached) {
      return runUntil.call(this, limitMs, net => {
        settle();
        return isReached(net);
      });
    },

    step() {
      settle();
      const hasHappened = step.call(this);

      settle();
      return hasHappened;
    },
  };

  for (const member of Object.values(members))
    member.isSameOtherwise = true;
  define(simulation, members);
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

function extendExploring(Simulation) {
  const { explore } = Simulation;

  define(Simulation, {
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
    'restart', 'resume', 'set_host', 'set_way');
  extendRunning(simulation);
  extendExploring(Hein.Simulation);
}
