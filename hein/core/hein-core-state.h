/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <hein/hein-filter.h>
#include <hein/hein-message.h>
#include <hein/hein-strategy.h>

#include "base/hein-call.h"
#include "io/hein-fork.h"
#include "io/hein-loop.h"
#include "io/hein-queue.h"
#include "io/hein-thread.h"
#include "link/hein-link-host.h"
#include "link/hein-peer-state.h"
#include "message/hein-interests.h"
#include "message/hein-pattern-tree.h"
#include "message/hein-topics.h"

G_BEGIN_DECLS

/*
 * The core of a bus: its peers, the choice of those that get a message, waiting
 * messages, and events for the application. The core knows neither HeinBus nor
 * transports or plugins. Each struct belongs to the file named with it.
 */

/* How long to wait before dialling a bus again that is connected already, and
 * how long the name of a peer that is gone is remembered. */
#define HEIN_PERMANENT_RETRY_US (60 * G_USEC_PER_SEC)
#define HEIN_NAME_MEMORY_US     (300 * G_USEC_PER_SEC)

typedef struct _HeinAcknowledger HeinAcknowledger;
typedef struct _HeinAsker HeinAsker;
typedef struct _HeinDeliverer HeinDeliverer;
typedef struct _HeinPoster HeinPoster;
typedef struct _HeinServer HeinServer;
typedef struct _HeinServices HeinServices;

/* An event that waits to be delivered to the application, in order. */
typedef enum
{
  HEIN_EVENT_MESSAGE,
  HEIN_EVENT_PEER_ADDED,
  HEIN_EVENT_PEER_REMOVED,
  HEIN_EVENT_FAILED,
  HEIN_EVENT_READY,
  HEIN_EVENT_CALL,
  HEIN_EVENT_LOST,
  HEIN_EVENT_LATEST_GONE, /* a value of a peer that is gone */
  HEIN_EVENT_ASK,         /* a request, or what its asker says of it */
  HEIN_EVENT_ANSWER       /* a call that has an answer */
} HeinEventKind;

typedef struct
{
  HeinEventKind kind;
  gpointer object; /* owned: HeinMessage (also ASK, LATEST_GONE), HeinPeer,
                    * HeinEndpoint,
                    * HeinCall (also ANSWER), HeinLoss */
  GError *error;   /* owned, nullable */
} HeinEvent;

/* Messages that a medium lost for good. */
typedef struct
{
  HeinPeer *peer; /* owned: the sender */
  guint64 first;
  guint64 n;
} HeinLoss;

/* A run: encoded messages to all targets that are in no queue yet:
 * hein-run.c. */
typedef struct
{
  HeinCore *core;
  HeinRange range; /* owns its segment; NULL: there is no run */
  HeinLink *link;  /* borrowed: the target that encodes for all */
  gsize cost;      /* as the queues will count it */
  gsize room;      /* of the fullest queue */
  HeinJob job;
} HeinRun;

/* A caller that waits for peers to come, to answer or to go. */
typedef struct _HeinPeerWatch HeinPeerWatch;

struct _HeinPeerWatch
{
  GList in_bus;
  /* nullable: there is a new target */
  void (*joined) (HeinPeerWatch *self, HeinPeer *peer);
  /* nullable: @peer has given a sign of life (@is_alive), or is gone */
  void (*settled) (HeinPeerWatch *self, HeinPeer *peer, gboolean is_alive);
  /* nullable: @peer has all subscriptions of when it was asked with @number */
  void (*confirmed) (HeinPeerWatch *self, HeinPeer *peer, guint number);
};

/* The functions that the core calls in the rooms above it. */
typedef struct
{
  /* sets the default strategy unless there is one */
  gboolean (*ensure_strategy) (HeinCore *core, GError **error);
  /* emits `ready`, once, when every endpoint is open and a peer is up */
  void (*check_ready) (HeinCore *core);
  /* lets transports that report rarely report their current memory */
  void (*measure) (HeinCore *core);
  /* makes sure that a turn follows what was done outside of a turn */
  void (*settle) (HeinCore *core);
  /* a message of the spool is over */
  void (*settled) (HeinCore *core, HeinMessage *message, HeinReceipt *receipt);
} HeinCoreHost;

/* Choosing the peers of a message: hein-send.c. */
typedef struct
{
  HeinStrategy *strategy; /* owned; NULL: the default is not made yet */
  HeinSelection *selection;
  GPtrArray *filters; /* owned HeinFilter; NULL: none */
  guint n_selecting;  /* depth of running calls to `select` */
  GPtrArray
    *old_strategies;       /* owned: replaced during such a call; NULL: none */
  guint n_inside;          /* depth of running filters and strategies */
  HeinTopics *sent_topics; /* latest messages sent, for retain; nullable */
  /* set by hein-retry.c, which is above hein-send.c: makes way for a message
   * that would overtake waiting ones */
  gboolean (*clear_way) (HeinCore *self);
} HeinSender;

/* Who gets what is sent to all: hein-takers.c. */
typedef struct
{
  HeinInterests interests[HEIN_MATCH_PART + 1]; /* by HeinMatch */
  HeinPatternTree patterns;
  GPtrArray *all;   /* owned: borrowed HeinPeer, targets that want everything;
                     * NULL: there was none */
  GPtrArray *spare; /* owned: memory for the next search; NULL: none */
  guint serial;     /* of the last search */
} HeinTakers;

/* The patterns that the bus itself has subscribed to: hein-subscriptions.c. */
typedef struct
{
  HeinPrefixes set;
  HeinPatternTree tree;
  HeinPrefixes beginnings; /* of them, for peers that know prefixes only */
} HeinOwnPatterns;

/* The peers: hein-roster.c, hein-directory.c, hein-media.c. */
typedef struct
{
  HeinPeers *peers;      /* the list that the application has been told */
  HeinPeers *targets;    /* those that messages can be sent to now */
  GHashTable *names;     /* borrowed name -> borrowed HeinPeer that is up */
  GHashTable *instances; /* borrowed instance -> borrowed HeinPeer that is up */
  /* the same of peers that are admitted, but not up: [1] of those that this bus
   * has dialled */
  GHashTable *entering[2];
  GHashTable *seen;  /* names that were up lately: hein-directory.c */
  GQueue seen_order; /* the same, in the order in which they left */
  HeinTakers takers;
  guint n_full;     /* targets without room */
  guint n_filtered; /* targets that do not want everything */
  guint n_settled;  /* peers that have subscribed, or need not */
  gboolean room_changed;
  gboolean targets_changed;
  guint n_confirmations; /* how often peers were asked to confirm theirs */
  GQueue watches;        /* HeinPeerWatch, by in_bus, for any peer */
  HeinPeerCounts gone;   /* of those that are gone for good, without drops */
  HeinPrefixes subscriptions;
  HeinOwnPatterns *patterns;  /* owned; NULL: none */
  HeinSubscriber *subscriber; /* owned; NULL: nobody has asked for it */
  GPtrArray *media; /* HeinCarrier of open transports that reach all at once */
  guint n_media_walks;
  GPtrArray *old_media; /* owned: replaced during a walk; NULL: none */
} HeinRoster;

/* Events for the application: hein-news.c, hein-notify.c, hein-inbox.c. */
typedef struct
{
  HeinEvent *events; /* [events_begin, events_end) */
  guint events_begin;
  guint events_end;
  guint events_size;
  GArray *changed;  /* owned: objects to notify at the end of the turn; NULL:
                     * none */
  guint changes;    /* of the bus, while changed is not NULL */
  GQueue resumable; /* borrowed HeinPeer: paused, but below its share again */
  HeinTopics *received_topics;
  GQueue inbox;     /* owned HeinMessage */
  GQueue ahead;     /* owned HeinMessage that were before the inbox: the program
                     * has them ahead of time, and they count as waiting */
  GPtrArray *taken; /* owned HeinMessage that were delivered by peers, and that
                     * the program has taken; NULL: none */
  GQueue receives;  /* owned HeinCall, by link */
} HeinEventRow;

/* Waiting messages: hein-held.c, hein-retry.c, hein-ingress.c. */
typedef struct
{
  /* under the lock of the core */
  GQueue ingress; /* owned HeinHeld */
  gsize ingress_cost;
  guint64 n_posted;     /* messages that were ever put into the ingress */
  guint64 n_ingested;   /* messages that were ever taken out of it */
  guint64 behind_until; /* n_ingested from which the owner may send directly
                         * again */

  GQueue tried;         /* owned HeinHeld by in_row: tried in this pass */
  GQueue row;           /* owned HeinHeld: to be tried, or no pass is open */
  GQueue later;         /* owned HeinHeld: sent since the pass began */
  guint n_held;         /* in the three rows, and the one being tried */
  guint n_high;         /* those of them of high priority */
  guint64 n_numbered;   /* messages that have ever waited */
  guint64 number_tried; /* number of the message that is being tried */
  guint64 forced_until; /* up to this number, messages need no room */
  guint64 pass;         /* number of the pass; marks of others are void */
  gboolean is_passing;  /* a pass is open */
  gboolean is_to_go_behind; /* the message must wait behind forced ones */
  gsize held_cost;          /* of waiting messages that were accepted */
  gsize sends_cost;         /* of those that a pending call waits for */
  guint n_stuck;            /* messages that wait for room */
  guint n_barriers;         /* those of them that are for all peers */
  GHashTable *ways;         /* HeinWay that messages wait in; NULL: none */
  GPtrArray *stuck; /* owned HeinPeer: targets of the last message without room;
                     * NULL: all */
  gboolean is_retrying;
  gboolean sweeps_later; /* calls were cancelled during is_retrying */
  gboolean is_ingesting;
  gboolean ingests_again; /* more messages were posted during is_ingesting */
  gboolean ingress_waits; /* until the pass ends */
  gboolean is_forcing;    /* the message being tried needs no room */
  gboolean is_behind;     /* messages of the owner are still in the ingress */
  gboolean has_cleared_held;
  HeinTimer expiry; /* when a waiting message expires */
} HeinHeldQueue;

/* Memory accounting: hein-budget.c. */
typedef struct
{
  gboolean is_measured;  /* transports have reported in this turn */
  gboolean has_cleared;  /* what was idle is free since the turn began */
  gboolean has_refused;  /* somebody waits until there is memory again */
  gsize transports_cost; /* the sum of what transports have reported */
} HeinBudget;

struct _HeinCore
{
  HeinLinkHost host; /* must be the first member */
  const HeinCoreHost *funcs;
  HeinBus *bus; /* borrowed: the public object */

  HeinThread *owner; /* owned, atomic: see hein_core_begin_work */
  int is_closed;     /* atomic */
  GMutex lock;
  GMainContext *context; /* owned, under lock; the owner may read it without */

  /* owner context */
  HeinSender sender;
  HeinRoster roster;
  HeinRun run;
  HeinHeldQueue held;
  HeinEventRow news;
  HeinBudget budget;
  /* of the room ask; NULL: there was no need for it */
  HeinAsker *asker;
  HeinServices *services;
  HeinServer *server;
  HeinDeliverer *deliverer;
  HeinAcknowledger *acknowledger;
  HeinPoster *poster;
  gsize asks_cost; /* atomic: of what is asked, served and delivered */
  HeinCancelledCalls cancelled;
  HeinCallPool spare_calls;
  GQueue ending; /* borrowed HeinCall, by ending: those that end when the bus
                    * starts to close */
  GListStore *endpoints;
  GPtrArray *finishing; /* owned HeinEndpoint: closed, but still flushing */
  guint ready_hint; /* index of an endpoint that was not open the last time */
  gboolean was_ready;
  HeinJob review;         /* looks at pending offers again */
  GHashTable *hosts;      /* owned address -> number of its handshakes */
  HeinTimer spares_timer; /* frees spare blocks (hein-block.h) */
};

/* Makes sure that a turn follows. */
static inline void
hein_core_want_turn (HeinCore *self)
{
  hein_link_host_want_turn (&self->host);
}

static inline gboolean
hein_core_is_forked (HeinCore *self)
{
  return hein_link_host_is_forked (&self->host);
}

static inline HeinCore *
hein_core_of_host (HeinLinkHost *host)
{
  return (HeinCore *) host;
}

#define hein_core_of_link(link) hein_core_of_host ((link)->host)

G_END_DECLS
