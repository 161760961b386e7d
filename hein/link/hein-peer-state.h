/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <hein/hein-peer.h>
#include <hein/hein-types.h>

#include "io/hein-socket-name.h"
#include "message/hein-prefixes.h"

G_BEGIN_DECLS

/* What a peer holds. */

typedef struct _HeinLink HeinLink;
typedef struct _HeinCore HeinCore;
typedef struct _HeinCarrier HeinCarrier;

/* Since it came. */
typedef struct
{
  guint64 messages_sent;
  guint64 messages_received;
  guint64 messages_dropped;
  guint64 bytes_sent;
  guint64 bytes_received;
} HeinPeerCounts;

/* Messages that came of it, and are not handled: hein-news.c. */
typedef struct
{
  gsize cost;
  GList resumable; /* in the news; data is NULL while it is not */
  guint n;
  bool is_paused;
  bool is_charged; /* gone, and counted as long as messages keep it */
  bool is_watched; /* somebody has to know when one is handled */
} HeinPeerArrivals;

/* What it has subscribed to. */
typedef struct
{
  HeinPrefixes prefixes;
  HeinMatch match;
} HeinPeerWants;

struct _HeinPeer
{
  GObject parent_instance;

  /* set when it is made */
  char *name;
  GBytes *raw_identity;    /* owned, nullable */
  char *instance;          /* nullable */
  GSocketAddress *address; /* owned, nullable, atomic: made when asked for */
  HeinSocketName remote;   /* what it is made of */
  HeinEndpoint *endpoint;  /* owned */
  const char *transport_name;
  const char *protocol_name; /* nullable */
  char *security;            /* nullable: nothing proves who it is */

  /* owner context */
  HeinCore *core;         /* borrowed; NULL once it is removed */
  HeinCarrier *carrier;   /* borrowed; NULL once it is removed */
  HeinLink *link;         /* borrowed; NULL when there is none */
  HeinLink *handled_link; /* borrowed: is told what of it was handled, also
                               once it is removed; NULL: nobody is */
  HeinOrigin origin : 8;
  HeinOverflow overflow : 8; /* of its endpoint */
  bool is_up;
  bool is_target; /* in the targets of the bus */
  bool accepts;
  bool is_full;    /* counted in the roster */
  bool is_settled; /* the same */
  bool is_announced;
  guint n_behind; /* messages for it that wait for room with another, or it */
  guint64 behind_pass; /* for which that counts, see hein-behind.h */
  guint64 arrival[2];  /* its number in each list of the bus: hein-peers.c */
  GQueue *watches; /* owned, HeinPeerWatch by in_bus, for it alone; NULL until
                    * there is one */
  HeinPeerArrivals arrivals;
  HeinPeerWants wants;
  guint changes; /* to be notified: bits of HeinChange */
  gint64 rtt_us;
  HeinPeerCounts counts;
};

/* After any of these has changed: each message asks. */
static inline void
hein_peer_review_watched (HeinPeer *self)
{
  self->arrivals.is_watched = self->arrivals.is_paused ||
                              self->arrivals.is_charged ||
                              self->handled_link != NULL;
}

G_END_DECLS
