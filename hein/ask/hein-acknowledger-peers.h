/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-acknowledger-state.h"

/* The peers that have delivered something to a bus, and those of them that may
 * come again. */

G_BEGIN_DECLS

HeinAcknowledged *hein_acknowledged_ref (HeinAcknowledged *self);
void hein_acknowledged_unref (HeinAcknowledged *self);
/* Under the lock: updates its part of memory-limit. */
void hein_acknowledged_count (HeinAcknowledged *self);

void hein_acknowledger_peers_init (HeinAcknowledger *self);
/* As the bus is being freed. */
void hein_acknowledger_peers_clear (HeinAcknowledger *self);
/* NULL: @peer has delivered nothing on this connection. */
HeinAcknowledged *hein_acknowledger_peers_find (HeinAcknowledger *self,
                                                HeinPeer *peer);
/* The same, but makes it. */
HeinAcknowledged *hein_acknowledger_peers_get (HeinAcknowledger *self,
                                               HeinPeer *peer);
/* Returns what @peer delivered before it was cut off, which may be nothing, and
 * goes on on this connection; NULL: that is not known any more. */
HeinAcknowledged *hein_acknowledger_peers_resume (HeinAcknowledger *self,
                                                  HeinPeer *peer);

G_END_DECLS
