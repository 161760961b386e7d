/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-carrier.h"
#include "hein-core-state.h"

G_BEGIN_DECLS

/* What applies to a peer, for a message to all or to some. */
static inline HeinOverflow
hein_overflow_get (HeinCore *self, HeinPeer *peer, gboolean is_all)
{
  HeinOverflow overflow = peer->overflow;

  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->host.settings.overflow;
  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = is_all ? HEIN_OVERFLOW_DROP_OLDEST : HEIN_OVERFLOW_WAIT;
  return overflow;
}

/* To a peer without a connection of its own: what its transport does not keep
 * is as without a word. */
HeinOverflow
hein_overflow_get_direct (HeinCore *self, HeinPeer *peer, gboolean is_all);
/* Whether a message waits until @peer has room. */
gboolean hein_overflow_waits (HeinCore *self, HeinPeer *peer, gboolean is_all);
gboolean hein_overflow_medium_waits (HeinCore *self, HeinCarrier *medium);

G_END_DECLS
