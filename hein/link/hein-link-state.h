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

/* The instance struct of a link: one connection with its stream, its protocol
 * and its queues. There may be many thousands of idle links, so members that
 * only some need, or only for a while, are allocated on demand. */

/* How much of what was written may be on its way at most, in the buffers of two
 * kernels (Linux has up to 10 MiB). Twice as much is the most that is in doubt
 * when the peer confirms nothing. */
#define HEIN_LINK_ON_ITS_WAY (16 * 1024 * 1024)
/* When this much is queued, it is written without waiting for the end of the
 * turn. */
#define HEIN_LINK_FLUSH_THRESHOLD (64 * 1024)

/* The encoded form of the current message, shared by links with the same
 * key. */
typedef struct
{
  char *key;       /* interned; NULL in that of a single link */
  bool attributes; /* with those of messages: the peers of its links get them */
  HeinEncoder encoder;
  guint64 serial; /* the send that it belongs to */
  const HeinRange *ranges;
  guint n_ranges;
} HeinShared;

/* What the protocol has declared about itself and the peer. */
typedef struct
{
  bool is_ready;
  bool is_pending; /* waits for the peer to confirm something */
  bool has_heartbeat;
  bool answers_pings;
  bool keeps_rest; /* what is not sent in the end goes to nobody else */
  bool wants_redial;
  bool redials_at_end; /* dials again if the handshake just ends */
  bool is_sealing;     /* what is written passes the slot `seal` */
  bool wants_close;    /* it failed while it was encoding */
  bool is_encrypted;   /* by TLS */
  bool lacks_security; /* its greeting is in the clear, and TLS follows */
  bool wants_upgrade;  /* its greeting is over */
  bool is_over;        /* the peer says that nothing comes any more */
  guint silence_ms; /* that is too long for this peer; 0: what the bus says */
  gint64 drain_us;  /* how long a silent peer is waited for when draining */
} HeinLinkSaid;

/* The goodbyes of both sides. */
typedef struct
{
  bool is_wanted;      /* closing in order, after the link was up */
  bool is_awaited;     /* the peer says goodbye before it ends in order */
  bool has_come;       /* the peer has said it */
  bool is_said;        /* this side has said it, or is saying it */
  bool has_told_taken; /* it told the peer how many messages were taken */
} HeinLinkGoodbye;

/* Accounting for messages that may be lost, from the start of the connection:
 * hein-link-doubt.c. */
typedef struct
{
  bool is_confirming; /* the peer acknowledges messages */
  bool counts_doubt;  /* the protocol itself knows what is in doubt */
  bool was_cut;       /* the link ended while something was on its way */
  bool doubts_end;    /* an end in order says only n_by_end */
  guint n_missing;    /* messages of the peer that have not come, and are
                       * counted as lost */

  guint64 n_confirmed; /* sent messages that the peer has acknowledged */
  guint64 n_by_end;    /* sent messages that the peer has if it ends in order */
  guint64 n_doubt;     /* sent messages in doubt, if counts_doubt */
  guint64 n_refused;   /* arrived messages that the peer does not count */
  guint64 n_said;      /* arrived messages, as last reported to the peer */
  guint64 n_untold;    /* arrived messages that will not be delivered */
  guint64 n_marked;    /* sent messages at the time of marked_bytes */

  /* the same in written bytes */
  guint64 confirmed_bytes;
  guint64 doubt_bytes;
  guint64 doubt_end; /* bytes sent when all that is in doubt was written */
  guint64 marked_bytes;
} HeinLinkAccount;

/* Points in time, in µs of the loop's clock: hein-link-time.c. */
typedef struct
{
  gint64 created_us;
  gint64 received_us;
  gint64 sent_us;
  gint64 pinged_us;
  gint64 progress_us; /* when the queue was last empty, or moved */
  gint64 tick_us;     /* when the protocol wants to be called */
  gint64 deadline_us; /* when the state must have ended, 0: never */
} HeinLinkTimes;

/* The name that the link has offered: hein-admission.c. */
typedef struct
{
  GList in_host; /* in host->offers; data is NULL while it is not queued */
  char *name;
  GBytes *identity;
  char *instance;
  HeinNameRule rule;
  gint64 probe_us; /* since when the holder is being probed; 0: it is not */
  bool has_asked;  /* the holder, for a sign of life */
} HeinLinkOffer;

/* A handshake: hein-handshakes.c. */
typedef struct
{
  GQueue *row;   /* of host: handshakes or dials; NULL: in none */
  GList in_host; /* in row */
  char *from;    /* owned: the address, to count its handshakes */
} HeinLinkHandshake;

/* What a link needs until it is up. */
typedef struct
{
  HeinLinkOffer offer;
  HeinLinkHandshake handshake;
  HeinSocketName remote;   /* the address of the other end */
  gsize stream_cost;       /* memory of the handshake of the stream */
  GSocketAddress *address; /* owned, nullable: the same if it is too long */
} HeinLinkEntry;

/* An incomplete message. */
typedef struct
{
  GList in_host;   /* in host->partials; data is NULL while it is not queued */
  gint64 since_us; /* 0: there is none */
  gsize cost;
} HeinLinkPartial;

/* The memory of a link beside its queue. */
typedef struct
{
  gsize counted;     /* what is included in host->links_cost */
  gsize of_protocol; /* what the protocol has reported */
  gint64
    clogged_us; /* since when the peer does not read its answers, and is not
                 * read itself; 0: it reads them */
} HeinLinkLoad;

/* Encoding: hein-link-send.c. */
typedef struct
{
  HeinShared *shared;        /* borrowed from the host; NULL: no key */
  HeinAudience audience : 8; /* of the message that is being encoded */
  bool is_held;              /* the protocol holds messages back */
  HeinStrategy *chooser;     /* owned: last chose it; NULL: that of the bus */
  gsize unflushed;           /* bytes queued since the last flush */
} HeinLinkSending;

/* What goes ahead of all else: messages of high priority. Each of these two
 * lanes has its own order and its own limit. */
typedef struct
{
  HeinQueue queue;     /* the first member; empty as long as the protocol does
                        * not share what it encodes: see hein-link-send.c */
  HeinBacklog backlog; /* messages to be encoded behind that */
} HeinLinkAhead;

struct _HeinLink
{
  HeinWatch watch;
  HeinTimer timer;
  HeinJob job; /* flushes, and frees the link when it is GONE */

  HeinLinkHost *host;     /* borrowed */
  HeinLinkOwner *owner;   /* borrowed; NULL once the owner was closed */
  HeinStream *stream;     /* owned */
  HeinProtocol *protocol; /* owned */
  HeinWire *wire;         /* owned */
  HeinPeer *peer;         /* owned; is up in UP only */
  GList in_host;          /* in host->links, oldest first */
  GList in_owner;         /* in owner->links */

  HeinLinkState state : 8;
  HeinOverflow overflow : 8; /* option of the endpoint's address */
  bool is_dialled;
  bool is_placed; /* counts for max-peers of its owner */
  bool has_begun; /* the protocol has been started */
  bool has_made_up_name;
  bool is_probed;     /* any byte counts as a sign of life for an offer */
  bool is_blocked;    /* the socket takes no more for now */
  bool is_eof;        /* the stream has ended */
  bool wants_consume; /* the verdict came while bytes were waiting */
  bool is_broken;     /* a write failed: ends before the turn does */
  bool is_deaf;       /* received bytes are not passed to the protocol */
  bool must_reset;    /* it does not end in order: hein-link-reset.h */
  bool keeps_unread;  /* what is to be read stays, for the reset */
  bool is_leaving;    /* the protocol says what is left to say */
  bool has_given_back;
  bool knows_prefixes_only; /* the peer, and so it was not told of patterns */
  HeinLinkGoodbye goodbye;
  int linger_ms; /* option of the endpoint's address; -1: the bus decides */
  GError *error; /* owned: why it closes */

  HeinQueue queue;     /* its `ahead` is in an owned HeinLinkAhead */
  HeinBacklog backlog; /* messages to be encoded behind the queue */
  HeinInput input;
  GBytes *current; /* borrowed: the argument of a running consume () */

  HeinLinkSending sending;
  HeinLinkEntry *entry; /* owned; NULL once the link is up, or done */
  HeinLinkPartial
    *partial;   /* owned; NULL: there was no incomplete message lately */
  guint n_kept; /* messages in the inbox of the bus, if the protocol has
                 * `settled` */
  HeinLinkLoad load;
  HeinLinkAccount account;
  HeinLinkTimes times;
  HeinLinkSaid said;
};

/* Returns whether an incomplete message waits for its rest. */
static inline gboolean
hein_link_is_partial (HeinLink *self)
{
  return self->partial != NULL && self->partial->cost > 0;
}

/* NULL until there was a message of high priority. */
static inline HeinLinkAhead *
hein_link_get_ahead (const HeinLink *self)
{
  return (HeinLinkAhead *) self->queue.ahead;
}

/* Returns the cost of what goes ahead, as in limits. */
static inline gsize
hein_link_get_ahead_cost (const HeinLink *self)
{
  const HeinLinkAhead *ahead = hein_link_get_ahead (self);

  return ahead != NULL ? ahead->queue.cost + ahead->backlog.cost : 0;
}

/* Returns how many messages wait to be encoded. */
static inline guint
hein_link_count_backlog (const HeinLink *self)
{
  const HeinLinkAhead *ahead = hein_link_get_ahead (self);

  return hein_backlog_get_length (&self->backlog) +
         (ahead != NULL ? hein_backlog_get_length (&ahead->backlog) : 0);
}

/* Frees what is needed until the link is up only. */
void hein_link_end_entry (HeinLink *self);
/* Returns the cost of what is queued, as in limits, but for what goes ahead. */
gsize hein_link_get_cost (HeinLink *self);
void hein_link_rearm (HeinLink *self);
/* Updates the events that the link polls for. */
void hein_link_update_events (HeinLink *self);
/* The same, to be called after the stream was read or written. */
static inline void
hein_link_follow_stream (HeinLink *self)
{
  if (G_UNLIKELY (self->stream != NULL && self->stream->is_layer))
    hein_link_update_events (self);
}
/* Returns whether messages of the link wait for delivery to the application. */
gboolean hein_link_is_untold (HeinLink *self);
/* Stops keeping track of what is handled. */
void hein_link_end_handled (HeinLink *self);

#define HEIN_LINK_PROGRESS_TIMEOUT_US (30 * G_USEC_PER_SEC)
#define HEIN_LINK_PROBE_TIMEOUT_US    G_USEC_PER_SEC
/* An incomplete message must arrive at this rate at least, which is checked
 * every 30 s. */
#define HEIN_LINK_ARRIVAL_BYTES_PER_S 1024
/* longer than the heartbeat interval of 5 s of peers that are alive */
#define HEIN_LINK_DRAIN_US (10 * G_USEC_PER_SEC)
/* How often it is looked whether the peer's machine has what was written. */
#define HEIN_LINK_RESET_CHECK_US (20 * 1000)

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

/* It goes over a line, such as a serial one, where nobody sees who leaves. */
static inline gboolean
hein_link_is_on_line (const HeinLink *self)
{
  return self->stream != NULL && self->stream->lacks_end;
}

/* To be called before looking at a queue, or adding to it. */
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

/* Updates the cost of a link, except for encoded and incomplete messages. */
static inline void
hein_link_count_cost (HeinLink *link)
{
  const HeinLinkAhead *ahead = hein_link_get_ahead (link);
  const gsize cost =
    hein_queue_get_control_memory (&link->queue) + link->backlog.cost +
    (ahead != NULL ? ahead->backlog.cost : 0) + link->load.of_protocol +
    (link->peer != NULL ? hein_peer_wants_get_cost (&link->peer->wants) : 0);

  link->host->links_cost += cost - link->load.counted;
  link->load.counted = cost;
}

/* Updates the cost of a handshake of TLS. It counts until the link is up: from
 * then on a peer is known, and max-connections bounds what all of them take. */
static inline void
hein_link_count_entry (HeinLink *link)
{
  gsize cost;

  if (link->entry == NULL || link->stream == NULL)
    return;
  cost = hein_stream_get_memory (link->stream);
  link->host->links_cost += cost - link->entry->stream_cost;
  link->entry->stream_cost = cost;
}

/* To be called before the link is freed. */
static inline void
hein_link_forget_cost (HeinLink *link)
{
  link->host->links_cost -= link->load.counted;
  link->load.counted = 0;
}

/* When the link times out for different reasons; G_MAXINT64: never. */
/* How long the peer may say nothing; 0: for ever. */
guint hein_link_get_silence_ms (HeinLink *self);
gint64 hein_link_get_silence_due (HeinLink *self);
gint64 hein_link_get_arrival_due (HeinLink *self);
gint64 hein_link_get_answers_due (HeinLink *self);
gint64 hein_link_get_heartbeat_due (HeinLink *self);
gint64 hein_link_get_drained_due (HeinLink *self);
/* Returns whether the link is closed when its peer takes nothing. */
gboolean hein_link_has_progress_limit (HeinLink *self);
/* Sets what an incomplete message counts in the limit of the bus. */
void hein_link_set_partial_cost (HeinLink *self, gsize cost);

G_END_DECLS
