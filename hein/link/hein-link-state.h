/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <hein/hein-protocol.h>
#include <hein/hein-types.h>

#include "hein-link-backlog.h"
#include "hein-link-host.h"
#include "hein-peer-state.h"
#include "io/hein-input.h"
#include "io/hein-loop.h"
#include "io/hein-queue.h"
#include "io/hein-socket-name.h"
#include "io/hein-stream.h"
#include "plugin-api/hein-wire-private.h"

G_BEGIN_DECLS

/* What a link holds: one connection, its stream, the protocol that speaks on
 * it, and what waits to go out. There may be many thousands that do nothing:
 * what only some of them need, or only for a while, is allocated then. */

/* Of what was written, so much may be on its way at most, in the buffers of two
 * kernels (Linux has up to 10 MiB): twice as much is the most that is in doubt
 * where the peer confirms nothing. */
#define HEIN_LINK_ON_ITS_WAY (16 * 1024 * 1024)
/* So much is written at once, without waiting for the end of the turn. */
#define HEIN_LINK_FLUSH_THRESHOLD (64 * 1024)

/* Encoded bytes of the message being sent, for all links of an equal key. */
typedef struct
{
  char *key; /* interned; NULL in a link's own */
  HeinEncoder encoder;
  guint64 serial; /* of the send that it was encoded in */
  const HeinRange *ranges;
  guint n_ranges;
} HeinShared;

/* What its protocol has said of itself and of the peer. */
typedef struct
{
  bool is_ready;
  bool is_pending; /* it waits for the peer to confirm */
  bool has_heartbeat;
  bool answers_pings;
  bool wants_redial;
  bool redials_at_end; /* if that comes during the handshake */
  bool is_sealing;     /* what is written passes its slot `seal` */
  bool wants_close;    /* said while it encoded */
  gint64 drain_us;     /* how long a quiet peer is waited for when draining */
} HeinLinkSaid;

/* What an end in order takes. */
typedef struct
{
  bool is_wanted;      /* it closes in order, and was up */
  bool is_awaited;     /* the peer says one before it ends in order */
  bool has_come;       /* the peer's */
  bool is_said;        /* our own, or it is being said */
  bool has_told_taken; /* in our own: the peer counts what it sent beyond */
} HeinLinkGoodbye;

/* Which messages are safe, in the count of the connection:
 * hein-link-doubt.c. */
typedef struct
{
  bool is_confirming; /* the peer says what it has */
  bool counts_doubt;  /* the protocol knows what is in doubt */
  bool was_cut;       /* it ended while something was on its way */

  guint64 n_confirmed; /* of those sent: the peer has said that it has them */
  guint64 n_doubt;     /* of those sent, where the protocol counts it */
  guint64 n_refused;   /* that came, and that its peer does not count */
  guint64 n_said;      /* that came, as the peer was told last */
  guint64 n_untold;    /* that came, and that nobody will be told of */
  guint64 n_marked;    /* sent when marked_bytes were: not confirmed yet */

  /* the same in bytes that were written */
  guint64 confirmed_bytes;
  guint64 doubt_bytes;
  guint64 doubt_end; /* sent when all that is in doubt has gone out */
  guint64 marked_bytes;
} HeinLinkAccount;

/* What came of messages, where the protocol has `handled`:
 * hein-link-handled.c. */
typedef struct
{
  gsize n_delivered;
  gsize n;        /* handled by the application, or refused by its filters */
  gsize n_kept;   /* in the inbox of the bus */
  GQueue refused; /* which ones filters refused, not yet counted as handled */
} HeinLinkHandled;

/* When, in µs of the loop's clock: hein-link-time.c. */
typedef struct
{
  gint64 created_us;
  gint64 received_us;
  gint64 sent_us;
  gint64 pinged_us;
  gint64 progress_us; /* the queue was empty, or moved */
  gint64 tick_us;     /* when the protocol wants its tick */
  gint64 deadline_us; /* of the state, 0: none */
} HeinLinkTimes;

/* What it offered to be admitted with: hein-admission.c. */
typedef struct
{
  GList in_host; /* in host->offers; data is NULL while it is not */
  char *name;
  GBytes *identity;
  char *instance;
  HeinNameRule rule;
  gint64 probe_us; /* since when the holder is asked for a sign; 0: not */
} HeinLinkOffer;

/* Who shakes hands: hein-handshakes.c. */
typedef struct
{
  GList in_host; /* in host->handshakes, or dials; data: NULL while it is not */
  char *from;    /* owned: the address, for counting */
} HeinLinkHandshake;

/* Before it is up. */
typedef struct
{
  HeinLinkOffer offer;
  HeinLinkHandshake handshake;
  HeinSocketName remote;   /* the other end */
  GSocketAddress *address; /* owned, nullable: the same, when it is long */
} HeinLinkEntry;

/* A message that has come in part. */
typedef struct
{
  GList in_host;   /* in host->partials; data is NULL while it is not */
  gint64 since_us; /* 0: there is none */
  gsize cost;
} HeinLinkPartial;

/* What it holds beyond its queue. */
typedef struct
{
  gsize counted;     /* in host->links_cost */
  gsize of_protocol; /* what the protocol says that it holds */
  gint64
    clogged_us; /* since when it does not take its answers, and is not read;
                      * 0: it does */
} HeinLinkLoad;

/* How its messages are encoded: hein-link-send.c. */
typedef struct
{
  HeinShared *shared;        /* borrowed from the host; NULL: no key */
  HeinAudience audience : 8; /* of the message being encoded */
  bool is_held;              /* by the protocol: nothing is encoded */
  HeinStrategy *chooser;     /* owned: chose it last; NULL: that of the bus */
  gsize unflushed;           /* bytes queued since the last flush */
} HeinLinkSending;

struct _HeinLink
{
  HeinWatch watch;
  HeinTimer timer;
  HeinJob job; /* flushes, and frees when GONE */

  HeinLinkHost *host;     /* borrowed */
  HeinLinkOwner *owner;   /* borrowed; NULL once that was closed */
  HeinStream *stream;     /* owned */
  HeinProtocol *protocol; /* owned */
  HeinWire *wire;         /* owned */
  HeinPeer *peer;         /* owned; up only in UP */
  GList in_host;          /* in host->links, oldest first */
  GList in_owner;         /* in owner->links */

  HeinLinkState state : 8;
  HeinOverflow overflow : 8; /* of its endpoint, as given there */
  bool is_dialled;
  bool is_placed; /* counted by its owner for max-peers */
  bool has_begun; /* the protocol knows of it */
  bool has_made_up_name;
  bool is_probed;     /* for a newcomer: any byte is a sign of life */
  bool is_blocked;    /* the socket takes no more for now */
  bool is_eof;        /* nor gives more */
  bool wants_consume; /* the verdict came with bytes waiting */
  bool is_broken;     /* goes before the turn ends: a write failed */
  bool is_deaf;       /* what comes is of no use: not given to the protocol */
  bool has_given_back;
  HeinLinkGoodbye goodbye;
  int linger_ms; /* of its endpoint, as given there; -1: as the bus says */
  GError *error; /* owned: why it closes */

  HeinQueue queue;
  HeinBacklog backlog; /* to be encoded, in order, behind what is queued */
  HeinInput input;
  GBytes *current; /* borrowed: within consume () */

  HeinLinkSending sending;
  HeinLinkEntry *entry; /* owned; NULL once it is up, or over */
  HeinLinkPartial
    *partial; /* owned; NULL: no message has come in part lately */
  HeinLinkHandled *handled; /* owned; NULL: its protocol need not know */
  HeinLinkLoad load;
  HeinLinkAccount account;
  HeinLinkTimes times;
  HeinLinkSaid said;
};

/* Whether a part of a message waits for the rest. */
static inline gboolean
hein_link_is_partial (HeinLink *self)
{
  return self->partial != NULL && self->partial->cost > 0;
}

/* It is up, or will never be. */
void hein_link_end_entry (HeinLink *self);
/* Bytes queued, counted as in limits. */
gsize hein_link_get_cost (HeinLink *self);
void hein_link_rearm (HeinLink *self);
/* Waits for what it wants to read and write now. */
void hein_link_update_events (HeinLink *self);
/* The same, after the stream was read or written. */
static inline void
hein_link_follow_stream (HeinLink *self)
{
  if (G_UNLIKELY (self->stream != NULL && self->stream->is_layer))
    hein_link_update_events (self);
}
/* Whether the bus has messages to tell the application before long. */
gboolean hein_link_is_untold (HeinLink *self);
/* Nothing is told any more. */
void hein_link_end_handled (HeinLink *self);

#define HEIN_LINK_PROGRESS_TIMEOUT_US (30 * G_USEC_PER_SEC)
#define HEIN_LINK_PROBE_TIMEOUT_US    G_USEC_PER_SEC
/* A message that has begun comes at this rate at least, looked at every 30
 * s. */
#define HEIN_LINK_ARRIVAL_BYTES_PER_S 1024
/* longer than living peers are quiet: theirs is a heartbeat every 5 s */
#define HEIN_LINK_DRAIN_US (10 * G_USEC_PER_SEC)

static inline gint64
hein_link_get_now_us (HeinLink *self)
{
  return hein_loop_get_now_us (self->host->loop);
}

static inline HeinProtocolClass *
hein_link_get_class (HeinLink *self)
{
  return HEIN_PROTOCOL_GET_CLASS (self->protocol);
}

/* Before a queue is looked at, or added to. */
static inline void
hein_link_settle (HeinLinkHost *host)
{
  if (G_UNLIKELY (host->has_run))
    host->funcs->settle (host);
}

static inline gboolean
hein_link_is_reading (HeinLink *self)
{
  if (self->load.clogged_us > 0 && self->state < HEIN_LINK_CLOSING)
    return FALSE;
  return self->peer == NULL || !self->peer->arrivals.is_paused ||
         self->state >= HEIN_LINK_FINISHING;
}

static inline void
hein_link_forget_offer (HeinLink *self)
{
  HeinLinkOffer *offer = self->entry != NULL ? &self->entry->offer : NULL;

  if (offer == NULL || offer->in_host.data == NULL)
    return;
  offer->in_host.data = NULL;
  g_queue_unlink (&self->host->offers, &offer->in_host);
}

/* Of a connection, but for what is encoded or unfinished. */
static inline void
hein_link_count_cost (HeinLink *link)
{
  const gsize cost =
    hein_queue_get_control_memory (&link->queue) + link->backlog.cost +
    link->load.of_protocol +
    (link->peer != NULL ? hein_prefixes_get_cost (&link->peer->wants.prefixes)
                        : 0);

  link->host->links_cost += cost - link->load.counted;
  link->load.counted = cost;
}

/* It is going to be freed. */
static inline void
hein_link_forget_cost (HeinLink *link)
{
  link->host->links_cost -= link->load.counted;
  link->load.counted = 0;
}

/* When its time is over in one way; G_MAXINT64: never. */
gint64 hein_link_get_silence_due (HeinLink *self);
gint64 hein_link_get_arrival_due (HeinLink *self);
gint64 hein_link_get_answers_due (HeinLink *self);
gint64 hein_link_get_heartbeat_due (HeinLink *self);
gint64 hein_link_get_drained_due (HeinLink *self);
/* Whether it is cut when it takes nothing. */
gboolean hein_link_has_progress_limit (HeinLink *self);
/* What an unfinished message counts in the limit of the bus. */
void hein_link_set_partial_cost (HeinLink *self, gsize cost);

G_END_DECLS
