/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-acknowledger-state.h"

/* The peers that have delivered something to a bus, and those of them that may
 * come again. */

G_BEGIN_DECLS

HeinAcknowledged *hein_acknowledged_ref (HeinAcknowledged *self);
void hein_acknowledged_unref (HeinAcknowledged *self);
/* Under the lock: what it is in memory-limit. */
void hein_acknowledged_set_cost (HeinAcknowledged *self, gsize cost);

void hein_acknowledger_peers_init (HeinAcknowledger *self);
/* As the bus is being freed. */
void hein_acknowledger_peers_clear (HeinAcknowledger *self);
HeinAcknowledged *hein_acknowledger_peers_look_up (HeinAcknowledger *self,
                                                   HeinPeer *peer);
HeinAcknowledged *hein_acknowledger_peers_make (HeinAcknowledger *self,
                                                HeinPeer *peer);
/* Returns what @peer delivered before it was cut off, which may be nothing, and
 * goes on on this connection; NULL: that is not known any more. */
HeinAcknowledged *hein_acknowledger_peers_resume (HeinAcknowledger *self,
                                                  HeinPeer *peer);

/* Under the lock: updates its part of memory-limit, which seldom changes. */
static inline void
hein_acknowledged_count (HeinAcknowledged *self)
{
  const gsize cost =
    HEIN_RESUMPTION_COST + hein_delivered_get_size (&self->delivered);

  if (G_UNLIKELY (self->cost != cost) && !self->is_over)
    hein_acknowledged_set_cost (self, cost);
}

/* NULL: @peer has delivered nothing on this connection. One peer is asked for
 * several times in a row. */
static inline HeinAcknowledged *
hein_acknowledger_peers_find (HeinAcknowledger *self, HeinPeer *peer)
{
  return G_LIKELY (self->found != NULL && self->found_peer == peer)
           ? self->found
           : hein_acknowledger_peers_look_up (self, peer);
}

/* The same, but makes it. */
static inline HeinAcknowledged *
hein_acknowledger_peers_get (HeinAcknowledger *self, HeinPeer *peer)
{
  HeinAcknowledged *from = hein_acknowledger_peers_find (self, peer);

  return G_LIKELY (from != NULL) ? from
                                 : hein_acknowledger_peers_make (self, peer);
}

G_END_DECLS
