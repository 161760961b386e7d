// SPDX-License-Identifier: LGPL-2.1-or-later
// A network in virtual time, for tests.

/* exported extend */

const { refuseNul } = imports.overrides.hein.base;

function extend(Hein) {
  refuseNul(Hein.Simulation.prototype, 'crash', 'cut', 'pause', 'restart', 'resume',
    'set_host', 'set_way');
}
