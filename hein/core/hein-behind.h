/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

G_BEGIN_DECLS

/* Whether a message to a peer has to queue behind messages that wait for room,
 * see hein-held.c. Marks are valid only in the pass in which they were made, so
 * that a new pass begins without any. */

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

/* Returns whether a message that does not wait yet overtakes all that do: it is
 * of high priority, and none of them is. When one is, it waits in the order of
 * all, and later ones of its kind behind it. */
static inline gboolean
hein_behind_overtakes (HeinCore *core, const HeinMessage *message)
{
  return hein_message_is_high (message) && core->held.n_high == 0;
}

/* Removes a mark that was made in this pass. */
static inline void
hein_behind_remove (HeinPeer *peer)
{
  peer->n_behind--;
}

/* @peer has just joined while a pass is open: waiting messages that the pass
 * has not reached may be for it, and later ones must not overtake them. */
static inline void
hein_behind_add_newcomer (HeinCore *core, HeinPeer *peer)
{
  if (G_LIKELY (!core->held.is_passing || core->held.n_held == 0))
    return;
  core->held.n_stuck++;
  hein_behind_add (core, peer);
}

G_END_DECLS
