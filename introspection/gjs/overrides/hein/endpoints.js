// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a bus listens and dials: endpoints and their addresses.

/* exported extend */

const { define, refuseNul } = imports.overrides.hein.base;

function extend(Hein) {
  refuseNul(Hein, 'uri_hide_secrets');
  define(Hein.Endpoint.prototype, {
    toString() {
      const uri = this.get_bound_uri() ?? this.get_uri();

      return `[Hein.Endpoint ${Hein.uri_hide_secrets(uri)}]`;
    },
  });
}
