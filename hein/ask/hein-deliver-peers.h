/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* The peers that messages are delivered to: what each of them has not said the
 * end of, and how much more it takes. */

G_BEGIN_DECLS

typedef struct
{
  HeinPeer *peer; /* owned */
  guint64 last;   /* the number of the newest delivery to it */
  GQueue sent;    /* what was sent, by number: links of the deliveries */
  GQueue waiting; /* what is sent when it takes more */
} HeinDeliverPeer;

typedef struct
{
  GHashTable *peers;      /* borrowed HeinPeer -> owned HeinDeliverPeer */
  HeinDeliverPeer *found; /* borrowed: the one looked up last; nullable */
} HeinDeliverPeers;

void hein_deliver_peers_init (HeinDeliverPeers *self);
void hein_deliver_peers_clear (HeinDeliverPeers *self);
/* NULL: nothing was ever delivered to it. */
HeinDeliverPeer *hein_deliver_peers_find (HeinDeliverPeers *self,
                                          HeinPeer *peer);
/* The same, but makes it. */
HeinDeliverPeer *hein_deliver_peers_get (HeinDeliverPeers *self,
                                         HeinPeer *peer);
void hein_deliver_peers_remove (HeinDeliverPeers *self, HeinPeer *peer);
/* Returns whether it takes another message now. */
gboolean hein_deliver_peer_has_credit (HeinDeliverPeer *self);
/* The same, and nothing waits for that. */
gboolean hein_deliver_peers_is_free (HeinDeliverPeers *self, HeinPeer *peer);
/* Returns whether one of those that had a delivery is. */
gboolean hein_deliver_peers_is_any_free (HeinDeliverPeers *self);

G_END_DECLS
