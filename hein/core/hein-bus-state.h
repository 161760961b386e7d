/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-bus.h>
#include <hein/hein-hash.h>
#include <hein/hein-message.h>
#include <hein/hein-strategy.h>

#include "io/hein-fork.h"
#include "io/hein-input.h"
#include "io/hein-loop.h"
#include "io/hein-queue.h"
#include "io/hein-segment.h"
#include "io/hein-thread.h"
#include "link/hein-peer-state.h"
#include "message/hein-prefixes.h"
#include "message/hein-topics.h"

G_BEGIN_DECLS

/* What a bus holds. */

#define HEIN_N_DROP_REASONS (HEIN_DROP_REASON_UNKNOWN + 1)
/* How long a connection to a bus that is connected already is not tried again, and
 * the time in which a peer's name is remembered. */
#define HEIN_PERMANENT_RETRY_US (60 * G_USEC_PER_SEC)
#define HEIN_NAME_MEMORY_US     (300 * G_USEC_PER_SEC)

/* What waits to be told to the application, in order. */
typedef enum
{
  HEIN_EVENT_MESSAGE,
  HEIN_EVENT_PEER_ADDED,
  HEIN_EVENT_PEER_REMOVED,
  HEIN_EVENT_FAILED,
  HEIN_EVENT_READY,
  HEIN_EVENT_CALL,
  HEIN_EVENT_LOST
} HeinEventKind;

typedef struct
{
  HeinEventKind kind;
  gpointer object; /* owned: HeinMessage, HeinPeer, HeinEndpoint, HeinCall,
                    * HeinLoss */
  GError *error;   /* owned, nullable */
} HeinEvent;

/* Messages that will never come. */
typedef struct
{
  HeinPeer *peer; /* owned: who sent them */
  guint64 first;
  guint64 n;
} HeinLoss;

/* Messages for all targets that are on no queue yet: hein-run.c. */
typedef struct
{
  HeinBus *bus;
  HeinRange range; /* its segment is owned; NULL: there is no run */
  HeinLink *link;  /* borrowed: the target that encodes for all */
  gsize cost;      /* as a queue counts it */
  gsize room;      /* of the fullest queue */
  HeinJob job;
} HeinRun;

/* What hein_bus_set_handler was given, in a counted box (g_rc_box_acquire): it
 * may be replaced by the very function that runs, whose data has to stay. */
typedef struct
{
  HeinMessageFunc func;
  gpointer data;
  GDestroyNotify destroy; /* nullable */
} HeinHandler;

/* Somebody who waits for peers, or for what becomes of them. */
typedef struct _HeinPeerWatch HeinPeerWatch;

struct _HeinPeerWatch
{
  GList in_bus;
  void (*joined) (HeinPeerWatch *self); /* nullable: there are more targets */
  /* nullable: @peer gave a sign of life, or is gone */
  void (*settled) (HeinPeerWatch *self, HeinPeer *peer, gboolean is_alive);
};

struct _HeinBus
{
  GObject parent_instance;

  /* set at construction, then read-only: any thread */
  char *name;
  char instance[33];
  guint fork_generation;
  HeinLoop *loop; /* owned; also once it is closed */

  /* atomic: any thread */
  HeinThread *owner; /* owned: who turns it; see hein_bus_begin_work */
  gint is_closed;

  /* under lock */
  GMutex lock;
  GMainContext *context; /* the owner may read it without */
  GQueue ingress;        /* owned HeinHeld */
  gsize ingress_cost;
  guint64 n_posted;     /* into the ingress, ever */
  guint64 n_ingested;   /* taken in of it */
  guint64 behind_until; /* so many are to be, before its owner's go their own
                         * way */

  /* owner context: settings */
  HeinStrategy *strategy; /* owned */
  guint64 send_limit;
  guint64 receive_limit;
  guint64 memory_limit;
  gsize max_message_size; /* atomic: whoever sends reads it */
  HeinOverflow overflow;
  guint busy_poll_us;
  guint linger_ms;
  guint heartbeat_ms;
  guint silence_ms;
  guint reconnect_min_ms;
  guint reconnect_max_ms;
  guint reconnect_failed_ms;
  guint handshake_timeout_ms;
  guint max_connections;
  gboolean allow_plaintext;
  gboolean keep_latest;

  /* owner context: engine */
  GSource *source;
  HeinSegmentPool *segments;
  HeinBlockPool *blocks;
  HeinEncoder encoder; /* for what one link alone gets */
  GPtrArray *shared;   /* owned HeinShared */
  guint64 serial;      /* of the current send */
  HeinLink *encoding;  /* borrowed: whose protocol encodes a message just now */
  gboolean is_in_turn;
  guint n_inside; /* filters and strategies that run, whose caller goes on */
  gboolean is_abandoned; /* to be taken apart when the turn ends */
  gint is_left; /* atomic: a reference is kept until the owner does that */
  gboolean is_embedded; /* somebody polls the descriptor */
  gboolean wants_turn;
  gboolean is_tearing_down;
  gboolean is_disposed;

  /* owner context: who is there */
  GListStore *endpoints;
  GPtrArray *finishing; /* owned HeinEndpoint: closed, and still sends */
  GPtrArray *media;     /* owned HeinTransport, open, that reach all at once */
  guint n_media_walks;
  GPtrArray *old_media; /* owned, were replaced in a walk; NULL: none */
  HeinPeers *peers;     /* as the application has been told */
  HeinPeers *targets;   /* that messages can be sent to now */
  const struct _HeinLinkHost *link_host;
  GQueue links;      /* borrowed HeinLink by in_bus, oldest first */
  GQueue offers;     /* borrowed HeinLink that wait for a verdict */
  HeinJob review;    /* of the offers */
  GQueue handshakes; /* borrowed HeinLink: hein-handshakes.c */
  GHashTable *hosts; /* owned address -> how many handshakes are of it */
  GQueue partials;   /* borrowed HeinLink: of unfinished messages, the one that
                       * began first at the head */
  guint ready_hint;  /* an endpoint that was not open when it was looked at */
  guint n_full;      /* targets without room */
  guint n_filtered;  /* targets that do not want everything */
  gboolean room_changed;
  gboolean targets_changed;
  gboolean was_ready;
  GHashTable *names;     /* borrowed name -> borrowed HeinPeer that is up */
  GHashTable *instances; /* the same by instance */
  GHashTable *seen; /* owned name -> owned gint64 µs: when it was last up */
  HeinPrefixes subscriptions;
  gsize partial_cost;    /* of messages that have come in part */
  gboolean is_measured;  /* transports have said it in this turn */
  gsize transports_cost; /* what transports say that they hold */
  gsize links_cost;      /* what hein_budget_count_link has counted */
  gboolean is_relieving; /* over memory-limit: links are being cut */

  /* owner context: sending */
  HeinSelection *selection;
  HeinRun run;
  GPtrArray *filters;        /* owned HeinFilter; NULL: none */
  guint n_selecting;         /* calls of `select` that are running */
  GPtrArray *old_strategies; /* owned: replaced within them; NULL: none */

  /* owner context: what waits, hein-held.c */
  GQueue held;      /* owned HeinHeld */
  guint n_held;     /* those that are just being tried included */
  gsize held_cost;  /* of those that were accepted */
  gsize sends_cost; /* of those that a call waits for */
  guint n_stuck;    /* that wait for room */
  guint n_barriers; /* of those the ones that are for all */
  GHashTable *ways; /* in which messages wait for a peer; NULL: none */
  GPtrArray *stuck; /* owned HeinPeer: whom the last message without room was
                     * for; NULL: for all */
  gboolean is_retrying;
  gboolean sweeps_later; /* calls were cancelled meanwhile */
  gboolean is_ingesting;
  gboolean ingests_again; /* more came meanwhile, and was not taken in */
  gboolean is_forcing;    /* they go in, room or not */
  /* hein_held_force, for who sends: what waits stands above that */
  void (*clear_way) (HeinBus *self);
  gboolean is_behind; /* its owner has sent what is still in the ingress */
  gboolean has_cleared_held;
  HeinTopics *sent_topics;

  /* owner context: receiving */
  HeinEvent *events; /* [events_begin, events_end) */
  guint events_begin;
  guint events_end;
  guint events_size;
  GPtrArray *batch;   /* of one `messages` emission; borrowed */
  gboolean was_told;  /* a handler in C was called for a message */
  GQueue inbox;       /* owned HeinMessage */
  GQueue receives;    /* owned HeinCall by link */
  GQueue calls;       /* borrowed HeinCall by pending: all that wait */
  GQueue watches;     /* HeinPeerWatch by in_bus, each of a call */
  GPtrArray *changed; /* owned HeinPeer or HeinEndpoint; NULL: nothing is to be
                         notified when the turn ends */
  guint changes;      /* of the bus, while changed is not NULL */
  gsize receive_cost;
  guint64 receive_max; /* receive-limit, as far as memory-limit allows */
  GQueue resumable;    /* borrowed HeinPeer: paused, and under their share */
  HeinTopics *received_topics;
  HeinHandler *handler; /* owned, nullable */

  /* owner context: losses */
  GHashTable *drops; /* key of peer and reason -> owned HeinDrop */
  guint64 n_dropped[HEIN_N_DROP_REASONS];

  /* owner context: the end */
  GQueue closes; /* owned HeinCall by link */
  gboolean is_closing;
  HeinTimer close_timer;
  GError *close_error; /* owned: what was not taken */
};

typedef enum
{
  HEIN_SIGNAL_PEER_ADDED,
  HEIN_SIGNAL_PEER_REMOVED,
  HEIN_SIGNAL_MESSAGE,
  HEIN_SIGNAL_MESSAGES,
  HEIN_SIGNAL_READY,
  HEIN_SIGNAL_DROPPED,
  HEIN_SIGNAL_MESSAGES_LOST,
  HEIN_SIGNAL_FAILED,
  HEIN_N_SIGNALS
} HeinSignal;

/* Makes sure that a turn follows. */
static inline void
hein_bus_want_turn (HeinBus *self)
{
  self->wants_turn = TRUE;
  if (self->is_embedded && !self->is_in_turn && !self->is_disposed)
    hein_loop_settle (self->loop, TRUE);
}

/* What applies to a peer, for a message to all or to some. */
static inline HeinOverflow
hein_bus_get_overflow (HeinBus *self, HeinPeer *peer, gboolean is_all)
{
  HeinOverflow overflow = peer->overflow;

  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->overflow;
  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = is_all ? HEIN_OVERFLOW_DROP_OLDEST : HEIN_OVERFLOW_WAIT;
  return overflow;
}

/* The media as they are now, which live until the end of the walk. */
static inline GPtrArray *
hein_roster_begin_media_walk (HeinBus *self)
{
  self->n_media_walks++;
  return self->media;
}

static inline void
hein_roster_end_media_walk (HeinBus *self)
{
  if (--self->n_media_walks == 0 && G_UNLIKELY (self->old_media != NULL))
    g_clear_pointer (&self->old_media, g_ptr_array_unref);
}

static inline gboolean
hein_bus_is_forked (HeinBus *self)
{
  return self->fork_generation != hein_fork_generation;
}

G_END_DECLS
