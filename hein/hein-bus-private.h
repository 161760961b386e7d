/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-bus.h>
#include <hein/hein-hash.h>
#include <hein/hein-message.h>
#include <hein/hein-strategy.h>

#include "hein-call-private.h"
#include "hein-prefixes-private.h"
#include "hein-link-private.h"
#include "hein-message-memory-private.h"
#include "hein-peer-private.h"
#include "hein-peers-private.h"
#include "hein-selection-private.h"
#include "hein-topics-private.h"
#include "io/hein-fork.h"
#include "io/hein-loop.h"
#include "io/hein-thread.h"

G_BEGIN_DECLS

#define HEIN_N_DROP_REASONS (HEIN_DROP_UNKNOWN + 1)
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

/* What is sent, and who is to get it. */
typedef struct
{
  HeinMessage *message;
  HeinStrategy *strategy; /* NULL: the bus's, or by name */
  const char *key;        /* nullable */
  gboolean is_named;      /* key is the name of the peer that is to get it */
} HeinSending;

typedef enum
{
  HEIN_TRIED_FAILED,
  HEIN_TRIED_GIVEN, /* or counted as dropped */
  HEIN_TRIED_WAITS  /* for a peer that is not there yet */
} HeinTried;

/* A message that waits for a peer or for room, or comes from another thread. */
typedef struct
{
  HeinSending sending; /* owns what is in it */
  gsize cost;
  HeinCall *call;    /* owned: ends when it is given; NULL: none */
  gboolean is_stuck; /* it waits for room, not for a peer */
  GPtrArray *stuck;  /* owned HeinPeer that it is for; NULL: for all */
} HeinHeld;

typedef struct
{
  HeinPeer *peer; /* owned, nullable */
  HeinDropReason reason;
  guint64 n_messages;
  guint64 n_bytes;
} HeinDrop;

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
  GQueue links;       /* borrowed HeinLink by in_bus, oldest first */
  GQueue offers;      /* borrowed HeinLink that wait for a verdict */
  HeinJob review;     /* of the offers */
  GQueue handshakes;  /* borrowed HeinLink: hein-handshakes.c */
  GHashTable *hosts;  /* owned address -> how many handshakes are of it */
  GQueue partials;    /* borrowed HeinLink: of unfinished messages, the one that
                       * began first at the head */
  guint n_duplicates; /* endpoints that wait for another connection to end */
  guint ready_hint;   /* an endpoint that was not open when it was looked at */
  guint n_full;       /* targets without room */
  guint n_filtered;   /* targets that do not want everything */
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

/* hein-bus-signals.c */
extern guint hein_bus_signals[HEIN_N_SIGNALS];

void hein_bus_install_signals (void);

/* hein-bus-properties.c */
void hein_bus_install_properties (GObjectClass *object_class);
void hein_bus_get_property (GObject *object,
                            guint prop_id,
                            GValue *value,
                            GParamSpec *pspec);
void hein_bus_set_property (GObject *object,
                            guint prop_id,
                            const GValue *value,
                            GParamSpec *pspec);

/* hein-bus.c */
/* Ends the calls whose GCancellable was cancelled. */
void hein_bus_sweep_cancelled (HeinBus *self);
/* Nobody has it any more, and nothing of it is on the stack: now it goes. */
void hein_bus_bury (HeinBus *self);
gboolean hein_bus_is_valid_name (const char *name);
/* The owner only: FALSE with a critical on another thread, and without one in a
 * forked child, where calls do nothing. */
gboolean hein_bus_check_owner (HeinBus *self, const char *function);

#define hein_bus_return_unless_owner(self)                                     \
  G_STMT_START                                                                 \
  {                                                                            \
    if (G_UNLIKELY (!hein_bus_check_owner (self, G_STRFUNC)))                  \
      return;                                                                  \
  }                                                                            \
  G_STMT_END

#define hein_bus_return_val_unless_owner(self, value)                          \
  G_STMT_START                                                                 \
  {                                                                            \
    if (G_UNLIKELY (!hein_bus_check_owner (self, G_STRFUNC)))                  \
      return value;                                                            \
  }                                                                            \
  G_STMT_END

/* Makes `publish` when no strategy was set. */
gboolean hein_bus_ensure_strategy (HeinBus *self, GError **error);
/* CLOSED in a forked child, or when it is closed. */
gboolean hein_bus_check_open (HeinBus *self, GError **error);
/* hein-bus-owner.c: what is to be given to hein_bus_end_turn; NULL with @error
 * where the bus cannot be turned. The thread that gets the context may: a bus
 * that was made on one thread can so be handed to another. */
GMainContext *hein_bus_begin_turn (HeinBus *self, GError **error);
/* Makes the calling thread the owner, when the old one is not at work on the
 * bus. It has acquired the context of the bus. */
void hein_bus_take_over (HeinBus *self);
/* Makes the calling thread the owner, unless another one is at it: then NULL. What
 * it returns is to be given to hein_bus_end_turn. */
GMainContext *hein_bus_take_context (HeinBus *self, GError **error);
/* The same for taking it apart: NULL where its owner has to do that. */
GMainContext *hein_bus_begin_dispose (HeinBus *self);
void hein_bus_end_turn (HeinBus *self, GMainContext *context);
/* hein-bus-call.c: a call that @cancellable ends. */
HeinCall *hein_bus_begin_call (HeinBus *self,
                               gpointer tag,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* The same, of another source than the bus, which @call has to keep alive. */
HeinCall *hein_bus_begin_call_of (HeinBus *self,
                                  gpointer source,
                                  gpointer tag,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* For a bus that no turn will follow of: in a forked child, or once it was
 * disposed of. TRUE: @callback will be told so by the context of the bus. */
gboolean hein_bus_refuse_call (HeinBus *self,
                               gpointer source,
                               gpointer tag,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* @call, which is kept elsewhere, waits: @cancel ends it (hein_bus_end_call) when
 * its GCancellable is cancelled and, where it @ends_with_bus, when the bus
 * begins to close. */
void hein_bus_pend_call (HeinBus *self,
                         HeinCall *call,
                         void (*cancel) (HeinCall *call, GError *error),
                         gboolean ends_with_bus);
/* The outcome is set. Takes @call. */
void hein_bus_end_call (HeinBus *self, HeinCall *call);
/* The bus begins to close. */
void hein_bus_end_calls (HeinBus *self);
/* Takes @call and @error. */
void hein_bus_end_with_error (HeinBus *self, HeinCall *call, GError *error);

void hein_bus_tear_down (HeinBus *self);
void hein_bus_begin_close (HeinBus *self);
/* Any thread. */
void hein_bus_refuse_sends (HeinBus *self);
/* Ends close_async calls when nothing is left. */
void hein_bus_check_closed (HeinBus *self);

/* hein-filter.c, while self->filters is not NULL */
/* What is sent instead of @message; NULL with @error. (transfer full) */
HeinMessage *
hein_filters_send (HeinBus *self, HeinMessage *message, GError **error);
/* What arrives instead of @message, which is taken; NULL: it was dropped.
 * (transfer full) */
HeinMessage *
hein_filters_receive (HeinBus *self, HeinPeer *peer, HeinMessage *message);

/* hein-inbox.c */
/* Takes @message. */
void hein_inbox_push (HeinBus *self, HeinMessage *message);
/* The application takes the oldest one. (transfer full) (nullable) */
HeinMessage *hein_inbox_pop (HeinBus *self);
/* The oldest one, which is being told: it still counts. (transfer full) */
HeinMessage *hein_inbox_take_out (HeinBus *self);
/* It was not told: it is the oldest one again. Takes @message. */
void hein_inbox_put_back (HeinBus *self, HeinMessage *message);

/* Up to @max of them. (transfer full) */
GPtrArray *hein_inbox_take_some (HeinBus *self, guint max);
/* Gives what is there to those who wait for it. */
void hein_inbox_serve (HeinBus *self);

/* hein-tell.c */
/* Tells the messages that are next, or puts them into the inbox; needs one. */
void hein_tell_messages (HeinBus *self, gint64 end_us);
/* Whether something in the inbox waits, and somebody listens now. */
gboolean hein_tell_has_offer (HeinBus *self);
/* Lets go of what hein_bus_set_handler was given, by g_clear_pointer. */
void hein_handler_release (HeinHandler *self);

/* hein-turn.c */
GSource *hein_turn_source_new (HeinBus *self);
void hein_turn_run (HeinBus *self, gint timeout_ms);
/* Takes @object and @error. */
void hein_news_push_event (HeinBus *self,
                           HeinEventKind kind,
                           gpointer object,
                           GError *error);
void hein_news_grow_events (HeinBus *self);
/* A loss is told: it does not wait any more. */
void hein_news_forget_loss (HeinBus *self, HeinLoss *loss);
void
hein_news_deliver_slow (HeinBus *self, HeinPeer *peer, HeinMessage *message);
/* @n messages of @peer are lost: told in its place among the messages. */
void hein_news_lose (HeinBus *self, HeinPeer *peer, guint64 first, guint64 n);
void hein_news_clear_events (HeinBus *self);
void hein_news_clear_event (HeinEvent *event);
/* Outside of a turn, after something was done to the bus: who polls its
 * descriptor has it turned when something is left to do. */
void hein_turn_settle (HeinBus *self);
/* For tests: whether nothing is left to do, or the descriptor is readable, or a
 * turn follows of itself. Outside of a turn. */
gboolean hein_turn_is_settled (HeinBus *self);
/* @n messages of @peer, and of @cost, have been handled, or have left the
 * inbox. */
void hein_news_give_back (HeinBus *self, HeinPeer *peer, gsize cost, guint n);
/* @peer leaves, paused or not: its transport need not count it any more. */
void hein_news_end_pause (HeinBus *self, HeinPeer *peer);
/* All that has arrived is over the limit: @peer waits, whatever its share. */
void hein_news_pause (HeinBus *self, HeinPeer *peer);
/* Reads again from peers that were over their share. */
void hein_news_resume (HeinBus *self);
/* The limits have changed. */
void hein_news_review_pauses (HeinBus *self);

/* hein-send.c */
/* TOO_LARGE over max-message-size. */
gboolean
hein_send_check_size (HeinBus *self, HeinMessage *message, GError **error);
/* Gives it to whom it is for. FAILED with WOULD_BLOCK: there is no room,
 * self->stuck says with whom. */
HeinTried
hein_send_try (HeinBus *self, const HeinSending *sending, GError **error);
/* What a message that comes to nothing because of @error counts as. */
HeinDropReason hein_losses_get_reason (const GError *error);

/* hein-held.c */
/* The same, behind what waits already; it is held for a peer within a limit. */
gboolean
hein_send_message (HeinBus *self, const HeinSending *sending, GError **error);
/* From another thread. */
gboolean
hein_send_post (HeinBus *self, const HeinSending *sending, GError **error);
/* What @peer, who is gone, has not confirmed; @chooser: NULL for that of the
 * bus. */
void hein_send_again (HeinBus *self,
                      HeinPeer *peer,
                      HeinStrategy *chooser,
                      HeinMessage *message,
                      HeinAudience audience);
/* What the owner sends from now on goes behind what is in the ingress. */
void hein_send_fall_behind (HeinBus *self);
/* Before a call of the owner that cannot: takes in all of it. */
void hein_send_catch_up (HeinBus *self);
/* Takes in what other threads sent, until @end_us of the monotonic clock; FALSE
 * when there is more. */
gboolean hein_send_ingest (HeinBus *self, gint64 end_us);
/* Tries again what waited for peers or for room. */
void hein_send_retry (HeinBus *self);
/* Gives what waits for room to whom it is for, without. */
void hein_held_force (HeinBus *self);
/* For a call that ends when it was given, or taken in. Takes @call. */
void hein_send_call (HeinBus *self, HeinCall *call, HeinMessage *message);
/* The bus closes: nothing waits any more. */
void hein_send_clear (HeinBus *self);
/* To a newcomer that has no connection of its own. */
void hein_send_retained (HeinBus *self, HeinPeer *peer, HeinMessage *message);
void hein_held_free (HeinHeld *self);
void hein_losses_count (HeinBus *self,
                        HeinPeer *peer,
                        HeinDropReason reason,
                        guint64 n_messages,
                        guint64 n_bytes);

/* Makes sure that a turn follows. */
static inline void
hein_bus_want_turn (HeinBus *self)
{
  self->wants_turn = TRUE;
  if (self->is_embedded && !self->is_in_turn && !self->is_disposed)
    hein_loop_settle (self->loop, TRUE);
}

static inline HeinEvent *
hein_news_append_event (HeinBus *self)
{
  if (G_UNLIKELY (self->events_end == self->events_size))
    hein_news_grow_events (self);
  return &self->events[self->events_end++];
}

/* Takes @message; it is told in its turn. */
static inline void
hein_news_deliver (HeinBus *self, HeinPeer *peer, HeinMessage *message)
{
  HeinEvent *event = hein_news_append_event (self);
  const gsize cost = hein_message_get_cost (message);

  event->kind = HEIN_EVENT_MESSAGE;
  event->object = message;
  event->error = NULL;
  peer->messages_received++;
  peer->receive_cost += cost;
  self->receive_cost += cost;
  self->wants_turn = TRUE;
  if (G_UNLIKELY (peer->receive_cost >= self->receive_max / 4 ||
                  self->receive_cost >= self->receive_max ||
                  peer->link == NULL || self->received_topics != NULL))
    hein_news_deliver_slow (self, peer, message);
}

/* The same behind the filters. FALSE: they have dropped it. */
static inline gboolean
hein_filters_deliver (HeinBus *self, HeinPeer *peer, HeinMessage *message)
{
  if (G_UNLIKELY (self->filters != NULL))
    message = hein_filters_receive (self, peer, message);
  if (G_UNLIKELY (message == NULL))
    return FALSE;
  hein_news_deliver (self, peer, message);
  return TRUE;
}

/* hein-run.c */
void hein_run_init (HeinBus *self);
/* For a message that all targets get; FALSE: each has to be given it. */
gboolean hein_run_add (HeinBus *self, HeinMessage *message);
void hein_run_settle_slow (HeinBus *self);

/* Puts what was published on the queues. Whatever looks at queues, adds to one,
 * or changes who is a target and what it takes, calls this first. */
static inline void
hein_run_settle (HeinBus *self)
{
  if (G_UNLIKELY (self->run.range.segment != NULL))
    hein_run_settle_slow (self);
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

/* hein-roster.c: who is there */
/* @peer has answered, or is gone: who watches it hears of that. */
void hein_roster_settle (HeinBus *self, HeinPeer *peer, gboolean is_alive);
void hein_roster_add (HeinBus *self, HeinPeer *peer);
void hein_roster_remove (HeinBus *self, HeinPeer *peer, const GError *error);
void hein_roster_set_accepts (HeinBus *self, HeinPeer *peer, gboolean accepts);
/* Before and after its filter or subscriptions change. */
void hein_roster_begin_filter (HeinBus *self, HeinPeer *peer);
void hein_roster_end_filter (HeinBus *self, HeinPeer *peer);
void hein_roster_set_full (HeinBus *self, HeinPeer *peer, gboolean is_full);

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

/* hein-directory.c */
void hein_directory_add (HeinBus *self, HeinPeer *peer);
/* It goes, and its name is remembered for a while. */
void hein_directory_remove (HeinBus *self, HeinPeer *peer);
/* A peer that is up and has the name, or NULL. */
HeinPeer *hein_directory_find (HeinBus *self, const char *name);
gboolean hein_directory_was_seen (HeinBus *self, const char *name);

/* hein-media.c */
/* Finds the transports that reach all at once. */
void hein_media_review (HeinBus *self);

/* hein-ready.c */
/* Tells the application, once, when all is there. */
void hein_ready_check (HeinBus *self);

static inline gboolean
hein_bus_is_owner (HeinBus *self)
{
  return g_atomic_pointer_get (&self->owner) == hein_thread_self ();
}

/* The calling thread, when it is the owner, which it stays until
 * hein_thread_end: for what may be called on any thread, while the owner hands
 * the bus to another one. NULL: it is not. */
static inline HeinThread *
hein_bus_begin_work (HeinBus *self)
{
  HeinThread *thread = hein_thread_self ();

  if (G_UNLIKELY (g_atomic_pointer_get (&self->owner) != thread))
    return NULL;
  hein_thread_begin (thread);
  if (G_LIKELY (g_atomic_pointer_get (&self->owner) == thread))
    return thread;
  hein_thread_end (thread);
  return NULL;
}

static inline gboolean
hein_bus_is_forked (HeinBus *self)
{
  return self->fork_generation != hein_fork_generation;
}

G_END_DECLS
