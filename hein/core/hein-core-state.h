/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <hein/hein-filter.h>
#include <hein/hein-message.h>
#include <hein/hein-strategy.h>

#include "io/hein-fork.h"
#include "io/hein-loop.h"
#include "io/hein-queue.h"
#include "io/hein-thread.h"
#include "link/hein-link-host.h"
#include "link/hein-peer-state.h"
#include "message/hein-prefixes.h"
#include "message/hein-topics.h"

G_BEGIN_DECLS

/*
 * The core of a bus: who is there, who gets what, what waits, and what is to be
 * told. It knows no HeinBus, no transport and no plugin; each part is the
 * matter of the file that is named with it.
 */

/* How long a connection to a bus that is connected already is not tried again,
 * and the time in which a peer's name is remembered. */
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
  HeinCore *core;
  HeinRange range; /* its segment is owned; NULL: there is no run */
  HeinLink *link;  /* borrowed: the target that encodes for all */
  gsize cost;      /* as a queue counts it */
  gsize room;      /* of the fullest queue */
  HeinJob job;
} HeinRun;

/* Somebody who waits for peers, or for what becomes of them. */
typedef struct _HeinPeerWatch HeinPeerWatch;

struct _HeinPeerWatch
{
  GList in_bus;
  void (*joined) (HeinPeerWatch *self); /* nullable: there are more targets */
  /* nullable: @peer gave a sign of life, or is gone */
  void (*settled) (HeinPeerWatch *self, HeinPeer *peer, gboolean is_alive);
};

/* What the core needs of those above it. */
typedef struct
{
  /* Sees to it that there is a strategy. */
  gboolean (*ensure_strategy) (HeinCore *core, GError **error);
  /* Tells the application, once, when all that was asked for is there. */
  void (*check_ready) (HeinCore *core);
  /* Has transports that say it now and then say what they hold. */
  void (*measure) (HeinCore *core);
} HeinCoreHost;

/* How messages are chosen for: hein-send.c. */
typedef struct
{
  HeinStrategy *strategy; /* owned; NULL: not made yet */
  HeinSelection *selection;
  GPtrArray *filters;        /* owned HeinFilter; NULL: none */
  guint n_selecting;         /* calls of `select` that are running */
  GPtrArray *old_strategies; /* owned: replaced within them; NULL: none */
  guint n_inside; /* filters and strategies that run, whose caller goes on */
  HeinTopics *sent_topics; /* what was sent last, for retain; NULL: nothing */
  /* for who sends: what waits stands above that; see hein-retry.c */
  gboolean (*clear_way) (HeinCore *self);
} HeinSender;

/* Who is there: hein-roster.c, hein-directory.c, hein-media.c. */
typedef struct
{
  HeinPeers *peers;      /* as the application has been told */
  HeinPeers *targets;    /* that messages can be sent to now */
  GHashTable *names;     /* borrowed name -> borrowed HeinPeer that is up */
  GHashTable *instances; /* the same by instance */
  GHashTable *seen;      /* who was up of late, by name: hein-directory.c */
  GQueue seen_order;     /* the same, who left first is first */
  guint n_full;          /* targets without room */
  guint n_filtered;      /* targets that do not want everything */
  guint n_settled;       /* peers that have subscribed, or need not */
  gboolean room_changed;
  gboolean targets_changed;
  GQueue watches; /* HeinPeerWatch by in_bus, for all peers */
  HeinPrefixes subscriptions;
  GPtrArray *media; /* HeinCarrier of open transports that reach all at once */
  guint n_media_walks;
  GPtrArray *old_media; /* owned, were replaced in a walk; NULL: none */
} HeinRoster;

/* What is to be told: hein-news.c, hein-notify.c, hein-inbox.c. */
typedef struct
{
  HeinEvent *events; /* [events_begin, events_end) */
  guint events_begin;
  guint events_end;
  guint events_size;
  GArray *changed;  /* owned: what is to be notified when the turn ends; NULL:
                    * nothing */
  guint changes;    /* of the bus, while changed is not NULL */
  GQueue resumable; /* borrowed HeinPeer: paused, and under their share */
  HeinTopics *received_topics;
  GQueue inbox;    /* owned HeinMessage */
  GQueue receives; /* owned HeinCall by link */
} HeinEventRow;

/* What waits for everybody: hein-held.c, hein-retry.c, hein-ingress.c. */
typedef struct
{
  /* under the lock of the core */
  GQueue ingress; /* owned HeinHeld */
  gsize ingress_cost;
  guint64 n_posted;     /* into the ingress, ever */
  guint64 n_ingested;   /* taken in of it */
  guint64 behind_until; /* so many are to be, before its owner's go their own
                         * way */

  GQueue tried;             /* owned HeinHeld by in_row: in the open pass */
  GQueue row;               /* the same: not yet in it; all when none is open */
  GQueue later;             /* the same: sent since it began */
  guint n_held;             /* of all three, and what is just being tried */
  guint64 n_numbered;       /* that have waited, ever */
  guint64 number_tried;     /* of what is being tried */
  guint64 forced_until;     /* those up to that number go in, room or not */
  guint64 pass;             /* for which marks count */
  gboolean is_passing;      /* one is open */
  gboolean is_to_go_behind; /* what was just sent: behind what is forced in */
  gsize held_cost;          /* of those that were accepted */
  gsize sends_cost;         /* of those that a call waits for */
  guint n_stuck;            /* that wait for room */
  guint n_barriers;         /* of those the ones that are for all */
  GHashTable *ways;         /* in which messages wait for a peer; NULL: none */
  GPtrArray *stuck; /* owned HeinPeer: whom the last message without room was
                     * for; NULL: for all */
  gboolean is_retrying;
  gboolean sweeps_later; /* calls were cancelled meanwhile */
  gboolean is_ingesting;
  gboolean ingests_again; /* more came meanwhile, and was not taken in */
  gboolean ingress_waits; /* until the pass ends */
  gboolean is_forcing;    /* what is being tried goes in, room or not */
  gboolean is_behind;     /* its owner has sent what is still in the ingress */
  gboolean has_cleared_held;
} HeinHeldQueue;

/* What all of it costs: hein-budget.c. */
typedef struct
{
  gboolean is_measured;  /* transports have said it in this turn */
  gsize transports_cost; /* what transports say that they hold */
} HeinBudget;

struct _HeinCore
{
  HeinLinkHost host; /* the first member */
  const HeinCoreHost *funcs;
  HeinBus *bus; /* borrowed: what applications and plugins hold of it */

  HeinThread *owner; /* owned, atomic: who turns it; hein_core_begin_work */
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
  GQueue calls; /* borrowed HeinCall by pending: all that wait */
  GListStore *endpoints;
  GPtrArray *finishing; /* owned HeinEndpoint: closed, and still sends */
  guint ready_hint; /* an endpoint that was not open when it was looked at */
  gboolean was_ready;
  HeinJob review;    /* of the offers */
  GHashTable *hosts; /* owned address -> how many handshakes are of it */
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
