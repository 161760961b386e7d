/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <hein/hein-message.h>
#include <hein/hein-peer.h>
#include <hein/hein-types.h>

#include "io/hein-socket-name.h"
#include "message/hein-prefixes.h"

G_BEGIN_DECLS

/* The instance struct of HeinPeer. */

typedef struct _HeinLink HeinLink;
typedef struct _HeinCore HeinCore;
typedef struct _HeinCarrier HeinCarrier;
typedef struct _HeinClearance HeinClearance; /* core/hein-clearance.h */

/* Counters from the time that the peer came up. */
typedef struct
{
  guint64 messages_sent;
  guint64 messages_received;
  guint64 *dropped; /* owned, by reason: hein-losses.h; NULL: none were */
  guint64 bytes_sent;
  guint64 bytes_received;
} HeinPeerCounts;

/* Adds what is sent and received; what is dropped the bus counts itself. */
static inline void
hein_peer_counts_add (HeinPeerCounts *self, const HeinPeerCounts *more)
{
  self->messages_sent += more->messages_sent;
  self->messages_received += more->messages_received;
  self->bytes_sent += more->bytes_sent;
  self->bytes_received += more->bytes_received;
}

/* Messages of the peer that are not handled yet: hein-news.c. */
typedef struct
{
  gsize cost;
  GList resumable; /* in news.resumable; data is NULL while it is not queued */
  guint n;
  bool is_paused;
  bool is_charged; /* gone, but costs memory while messages keep it */
  bool is_watched; /* something has to be done when a message is handled */
} HeinPeerArrivals;

/* The subscriptions of the peer. */
typedef struct
{
  HeinPrefixes prefixes;
  HeinPrefixes *patterns;     /* owned; NULL: none */
  HeinSubscriber *subscriber; /* owned: where else to look; NULL: nowhere */
  HeinMatch match : 8;
  HeinAsks asks : 8; /* what the peer may be asked */
  bool attributes;   /* it gets those of messages, and when they expire */
  bool resumes;      /* deliveries can go on when it comes again after a cut */
  guint32 credit;    /* how many deliveries it takes at a time; 0: it cannot
                   * acknowledge them */
} HeinPeerWants;

static inline gsize
hein_peer_wants_get_cost (const HeinPeerWants *self)
{
  return hein_prefixes_get_cost (&self->prefixes) +
         (self->patterns != NULL ? hein_prefixes_get_cost (self->patterns) : 0);
}

struct _HeinPeer
{
  GObject parent_instance;

  /* set at construction */
  char *name;
  GBytes *raw_identity;    /* owned, nullable */
  char *instance;          /* nullable */
  GSocketAddress *address; /* owned, nullable, atomic: made on demand */
  HeinSocketName remote;   /* what `address` is made of */
  HeinEndpoint *endpoint;  /* owned */
  const char *transport_name;
  const char *protocol_name; /* nullable */
  const char *credit_hint;   /* static, nullable: see wants.credit */
  char *security;            /* nullable: nothing proved its identity */

  /* owner context */
  HeinCore *core;           /* borrowed; NULL once it is removed */
  HeinCarrier *carrier;     /* borrowed; NULL once it is removed */
  HeinLink *link;           /* borrowed; NULL when there is none */
  HeinLink *handled_link;   /* borrowed: learns what was handled, even after the
                           * peer was removed; nullable */
  HeinClearance *clearance; /* owned; NULL: no access file limits it */
  HeinOrigin origin : 8;
  HeinOverflow overflow : 8; /* option of the endpoint's address */
  bool is_up;
  bool is_target; /* messages can be sent to it now */
  bool accepts;
  bool is_full;    /* counts in roster.n_full */
  bool is_settled; /* counts in roster.n_settled */
  bool is_announced;
  guint taken;         /* the last search that found it: hein-takers.c */
  guint n_behind;      /* messages waiting for room that block it */
  guint64 behind_pass; /* the pass in which n_behind is valid: hein-behind.h */
  guint64 arrival[2];  /* its number in each list of the bus: hein-peers.c */
  GQueue *watches; /* owned, HeinPeerWatch by in_bus, for this peer; NULL until
                    * there is one */
  HeinPeerArrivals arrivals;
  HeinPeerWants wants;
  guint all_place; /* among the targets that want everything */
  guint changes;   /* properties to notify: bits of HeinChange */
  gint64 rtt_us;
  HeinPeerCounts counts;
};

/* Must be called when one of these changes; is_watched is read per message. */
static inline void
hein_peer_review_watched (HeinPeer *self)
{
  self->arrivals.is_watched = self->arrivals.is_paused ||
                              self->arrivals.is_charged ||
                              self->handled_link != NULL;
}

G_END_DECLS
