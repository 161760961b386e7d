/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-settings.h"
#include "io/hein-fork.h"
#include "io/hein-input.h"
#include "io/hein-loop.h"
#include "io/hein-queue.h"
#include "io/hein-segment.h"
#include "plugin-api/hein-wire-private.h"

/* What links share and call: the interface between links and the core. */

G_BEGIN_DECLS

typedef struct _HeinLink HeinLink;
typedef struct _HeinLinkHost HeinLinkHost;
typedef struct _HeinLinkOwner HeinLinkOwner;

/* The states of a link, which only ever advance. */
typedef enum
{
  HEIN_LINK_SECURING,  /* TLS handshake; the protocol has not begun */
  HEIN_LINK_HANDSHAKE, /* handshake of the protocol */
  HEIN_LINK_OFFERED,   /* a name was offered, the verdict is pending */
  HEIN_LINK_ADMITTED,  /* admitted, the protocol is not ready yet */
  HEIN_LINK_UP,        /* the peer is up */
  HEIN_LINK_FINISHING, /* no more messages; the peer has yet to confirm some */
  HEIN_LINK_CLOSING,   /* no more messages; the queue is flushed */
  HEIN_LINK_DRAINING,  /* writing is shut down; reads until the end */
  HEIN_LINK_GONE       /* waits for its memory to be freed */
} HeinLinkState;

/* The functions that links call. None of them closes the link that it is called
 * for. */
typedef struct
{
  const HeinWireFuncs *wire_funcs;
  /* puts the current run into the queues */
  void (*settle) (HeinLinkHost *host);
  /* the peer has run out of room, or has room again */
  void (*set_full) (HeinLinkHost *host, HeinPeer *peer, gboolean is_full);
  /* too much has arrived: the peer must not be read for now */
  void (*pause) (HeinLinkHost *host, HeinPeer *peer);
  /* a sign of life has arrived, or time has passed: reviews offers */
  void (*review) (HeinLinkHost *host);
  /* the link was made, and its protocol has not begun */
  void (*made) (HeinLink *link);
  HeinPeer *(*make_peer) (HeinLink *link);
  void (*admitted) (HeinLink *link);
  /* the link no longer carries messages; @before is the state that it left */
  void (*left) (HeinLink *link, HeinLinkState before);
  /* the link is about to be freed */
  void (*gone) (HeinLink *link);
} HeinLinkHostFuncs;

#define HEIN_N_DROP_REASONS (HEIN_DROP_REASON_EXPIRED + 1)

/* Drops that have not been reported yet. */
typedef struct
{
  HeinPeer *peer; /* owned, nullable */
  HeinDropReason reason;
  guint64 n_messages;
  guint64 n_bytes;
  GList in_row;
} HeinDrop;

typedef struct
{
  GHashTable *drops; /* key of peer and reason -> owned HeinDrop; NULL: none */
  GQueue row;        /* HeinDrop by in_row, as they came */
  guint64 n_dropped[HEIN_N_DROP_REASONS];
} HeinLosses;

/* Encoding messages for links. */
typedef struct
{
  HeinEncoder encoder; /* for messages to a single link */
  GPtrArray *shared;   /* owned HeinShared */
  guint64 serial;      /* of the current send */
  HeinLink *link;      /* borrowed: the link that is encoding a message now */
} HeinEncoding;

/* Connections in the handshake: core/hein-handshakes.h. */
typedef struct
{
  GQueue links;       /* borrowed HeinLink that were accepted, oldest first */
  gint64 patience_us; /* with them, when others wait */
} HeinHandshakes;

/* Links with messages that expire: hein-link-expiry.c. */
typedef struct
{
  HeinTimer timer;
  GQueue row;        /* borrowed HeinLink, as they came */
  GHashTable *links; /* where each of them is in it; NULL until there is one */
} HeinLinkExpiry;

/* What all links of a bus share. */
struct _HeinLinkHost
{
  const HeinLinkHostFuncs *funcs;

  /* set at construction, then read-only: any thread */
  char *name;        /* owned: the name of the bus */
  char instance[33]; /* the instance identifier of the bus */
  HeinLoop *loop;    /* owned; exists after it was closed as well */
  guint fork_generation;

  /* owner context */
  HeinSettings settings;
  HeinSegmentPool *segments;
  HeinBlockPool *blocks;
  HeinLosses losses;
  HeinEncoding encoding;
  HeinLinkExpiry expiry;
  GQueue links;  /* borrowed HeinLink by in_bus, oldest first */
  GQueue offers; /* borrowed HeinLink that wait for a verdict */
  HeinHandshakes plain_handshakes;
  HeinHandshakes sealed_handshakes; /* of TLS */
  GQueue dials;        /* borrowed HeinLink that were dialled, and do not know
                       * yet which bus is at the other end */
  GQueue partials;     /* borrowed HeinLink with an incomplete message, the one
                       * that began first at the head */
  gsize partial_cost;  /* of incomplete messages */
  gsize links_cost;    /* what hein_link_count_cost has counted, and what links
                        * share of their subscriptions */
  gsize receive_cost;  /* of complete messages that are not handled */
  guint64 receive_max; /* receive-limit, as far as memory-limit permits */
  gboolean has_run;    /* published messages are not in the queues yet */

  gboolean wants_turn;
  gboolean is_in_turn;
  gboolean is_embedded; /* an application polls the descriptor */
  gboolean is_disposed;
  gboolean is_closing;
  GError *close_error;   /* owned: what peers did not take; NULL: none */
  gboolean is_relieving; /* over memory-limit: links are being closed */
};

/* Makes sure that a turn follows. */
static inline void
hein_link_host_want_turn (HeinLinkHost *self)
{
  self->wants_turn = TRUE;
  if (self->is_embedded && !self->is_in_turn && !self->is_disposed)
    hein_loop_settle (self->loop, TRUE);
}

static inline gboolean
hein_link_host_is_forked (HeinLinkHost *self)
{
  return self->fork_generation != hein_fork_generation;
}

G_END_DECLS
