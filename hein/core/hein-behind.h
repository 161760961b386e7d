/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"
#include "link/hein-peer-state.h"

G_BEGIN_DECLS

/* Whether what is sent to a peer has to go behind what waits for room, as
 * hein-held.c says. Marks count in the pass in which they were made, and in no
 * other, so that a new one begins without any. */

static inline gboolean
hein_behind_is (HeinCore *core, HeinPeer *peer)
{
  return core->held.n_barriers > 0 ||
         (peer->behind_pass == core->held.pass && peer->n_behind > 0);
}

static inline void
hein_behind_add (HeinCore *core, HeinPeer *peer)
{
  if (peer->behind_pass != core->held.pass)
    peer->n_behind = 0;
  peer->behind_pass = core->held.pass;
  peer->n_behind++;
}

/* Of a mark of this pass. */
static inline void
hein_behind_remove (HeinPeer *peer)
{
  peer->n_behind--;
}

/* What waits and is not looked at yet may be for @peer, who has just come: what
 * was sent later does not overtake it. */
static inline void
hein_behind_add_newcomer (HeinCore *core, HeinPeer *peer)
{
  if (G_LIKELY (!core->held.is_passing || core->held.n_held == 0))
    return;
  core->held.n_stuck++;
  hein_behind_add (core, peer);
}

G_END_DECLS
