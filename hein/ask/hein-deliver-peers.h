/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "hein-cuts.h"
#include "hein-receipt-private.h"
#include "link/hein-peer-state.h"

/* The peers that messages are delivered to: what each of them has not said the
 * end of, and how much more it takes. */

G_BEGIN_DECLS

typedef enum
{
  HEIN_DELIVER_PEER_UP,
  HEIN_DELIVER_PEER_ASKING, /* to be asked what has come before a cut */
  HEIN_DELIVER_PEER_ASKED,  /* has not answered that yet */
  HEIN_DELIVER_PEER_CUT     /* in no table but that of those cut off */
} HeinDeliverPeerState;

typedef struct
{
  HeinPeer *peer; /* owned */
  guint64 last;   /* the number of the newest delivery to it */
  GQueue sent;    /* what was sent, by number: links of the deliveries */
  GQueue waiting; /* what is sent when it takes more */
  HeinDeliverPeerState state;
  HeinReceipt *acknowledged; /* owned, nullable: of what it alone was to have */

  /* once it was cut off */
  HeinDeliverer *deliverer; /* borrowed */
  HeinCut cut;
} HeinDeliverPeer;

typedef struct
{
  GHashTable *peers;      /* borrowed HeinPeer -> owned HeinDeliverPeer */
  HeinDeliverPeer *found; /* borrowed: the one looked up last; nullable */
  guint64 newest;         /* the greatest number that was used */
  HeinCuts cuts;          /* of owned HeinDeliverPeer */
} HeinDeliverPeers;

void hein_deliver_peers_init (HeinDeliverPeers *self);
void hein_deliver_peers_clear (HeinDeliverPeers *self);
HeinDeliverPeer *hein_deliver_peers_look_up (HeinDeliverPeers *self,
                                             HeinPeer *peer);
HeinDeliverPeer *hein_deliver_peers_make (HeinDeliverPeers *self,
                                          HeinPeer *peer);
void hein_deliver_peers_remove (HeinDeliverPeers *self, HeinPeer *peer);
/* Takes it out of the table. (transfer full) */
HeinDeliverPeer *hein_deliver_peers_steal (HeinDeliverPeers *self,
                                           HeinPeer *peer);
/* Takes ownership of @of, whose peer is not in the table. */
void hein_deliver_peers_insert (HeinDeliverPeers *self, HeinDeliverPeer *of);
void hein_deliver_peer_free (gpointer data);
/* Returns the receipt of a message that it alone was to have, and has
 * acknowledged. (transfer none) */
HeinReceipt *hein_deliver_peer_get_acknowledged (HeinDeliverPeer *self);
/* Returns whether one of those that had a delivery is free. */
gboolean hein_deliver_peers_is_any_free (HeinDeliverPeers *self);

/* NULL: nothing was ever delivered to it. One peer is asked for several times
 * in a row. */
static inline HeinDeliverPeer *
hein_deliver_peers_find (HeinDeliverPeers *self, HeinPeer *peer)
{
  return G_LIKELY (self->found != NULL && self->found->peer == peer)
           ? self->found
           : hein_deliver_peers_look_up (self, peer);
}

/* The same, but makes it. */
static inline HeinDeliverPeer *
hein_deliver_peers_get (HeinDeliverPeers *self, HeinPeer *peer)
{
  HeinDeliverPeer *of = hein_deliver_peers_find (self, peer);

  return G_LIKELY (of != NULL) ? of : hein_deliver_peers_make (self, peer);
}

/* Returns whether it takes another message now. */
static inline gboolean
hein_deliver_peer_has_credit (const HeinDeliverPeer *self)
{
  return self->state == HEIN_DELIVER_PEER_UP &&
         self->sent.length < self->peer->wants.credit;
}

/* The same, and nothing waits for that. */
static inline gboolean
hein_deliver_peer_is_free (const HeinDeliverPeer *self)
{
  return self->waiting.length == 0 && hein_deliver_peer_has_credit (self);
}

/* The same of a peer that perhaps nothing was ever delivered to. */
static inline gboolean
hein_deliver_peers_is_free (HeinDeliverPeers *self, HeinPeer *peer)
{
  const HeinDeliverPeer *of = hein_deliver_peers_find (self, peer);

  return of == NULL || hein_deliver_peer_is_free (of);
}

G_END_DECLS
