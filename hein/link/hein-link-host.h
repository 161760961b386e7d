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

G_BEGIN_DECLS

typedef struct _HeinLink HeinLink;
typedef struct _HeinLinkHost HeinLinkHost;
typedef struct _HeinLinkOwner HeinLinkOwner;

/* The states of a link, which only ever advance. */
typedef enum
{
  HEIN_LINK_SECURING,  /* the stream proves who is there; no protocol yet */
  HEIN_LINK_HANDSHAKE, /* the protocols are talking */
  HEIN_LINK_OFFERED,   /* a name was offered, the verdict is pending */
  HEIN_LINK_ADMITTED,  /* admitted, the protocol is not ready yet */
  HEIN_LINK_UP,        /* the peer is up */
  HEIN_LINK_FINISHING, /* no more messages; the peer has yet to confirm some */
  HEIN_LINK_CLOSING,   /* no more messages; what is queued goes out */
  HEIN_LINK_DRAINING,  /* our side is shut; reads until the other's end */
  HEIN_LINK_GONE       /* waits for its memory to be freed */
} HeinLinkState;

/* What links need of those above them, and whom they tell. None of these closes
 * the link that it is told of. */
typedef struct
{
  const HeinWireFuncs *wire_funcs;
  /* Puts what was published on the queues. */
  void (*settle) (HeinLinkHost *host);
  /* It has room for messages, or has none any more. */
  void (*set_full) (HeinLinkHost *host, HeinPeer *peer, gboolean is_full);
  /* Too much has come: no more of it is read for now. */
  void (*pause) (HeinLinkHost *host, HeinPeer *peer);
  /* A sign of life has come, or time has passed. */
  void (*review) (HeinLinkHost *host);
  /* It was made, and its protocol has not begun. */
  void (*made) (HeinLink *link);
  HeinPeer *(*make_peer) (HeinLink *link);
  void (*admitted) (HeinLink *link);
  /* It carries no messages any more; so far it was in the state @before. */
  void (*left) (HeinLink *link, HeinLinkState before);
  /* It is going to be freed. */
  void (*gone) (HeinLink *link);
} HeinLinkHostFuncs;

#define HEIN_N_DROP_REASONS (HEIN_DROP_REASON_UNKNOWN + 1)

/* What came to nothing, and was not told yet. */
typedef struct
{
  HeinPeer *peer; /* owned, nullable */
  HeinDropReason reason;
  guint64 n_messages;
  guint64 n_bytes;
} HeinDrop;

typedef struct
{
  GHashTable *drops; /* key of peer and reason -> owned HeinDrop; NULL: none */
  guint64 n_dropped[HEIN_N_DROP_REASONS];
} HeinLosses;

/* How messages are encoded for links. */
typedef struct
{
  HeinEncoder encoder; /* for what one link alone gets */
  GPtrArray *shared;   /* owned HeinShared */
  guint64 serial;      /* of the current send */
  HeinLink *link;      /* borrowed: whose protocol encodes a message just now */
} HeinEncoding;

/* What all links of a bus share: one for each bus. */
struct _HeinLinkHost
{
  const HeinLinkHostFuncs *funcs;

  /* set at construction, then read-only: any thread */
  char *name;        /* owned: of the bus */
  char instance[33]; /* the same */
  HeinLoop *loop;    /* owned; also once it is closed */
  guint fork_generation;

  /* owner context */
  HeinSettings settings;
  HeinSegmentPool *segments;
  HeinBlockPool *blocks;
  HeinLosses losses;
  HeinEncoding encoding;
  GQueue links;       /* borrowed HeinLink by in_bus, oldest first */
  GQueue offers;      /* borrowed HeinLink that wait for a verdict */
  GQueue handshakes;  /* borrowed HeinLink that were accepted, oldest first */
  GQueue dials;       /* borrowed HeinLink that were dialled, and are not up */
  GQueue partials;    /* borrowed HeinLink: of unfinished messages, the one that
                      * began first at the head */
  gsize partial_cost; /* of messages that have come in part */
  gsize links_cost;   /* what hein_link_count_cost has counted */
  gsize receive_cost; /* of what has come whole, and is not handled */
  guint64 receive_max; /* receive-limit, as far as memory-limit allows */
  gboolean has_run;    /* something was published, and lies on no queue yet */

  gboolean wants_turn;
  gboolean is_in_turn;
  gboolean is_embedded; /* somebody polls the descriptor */
  gboolean is_disposed;
  gboolean is_closing;
  GError *close_error;   /* owned: what was not taken; NULL: all was */
  gboolean is_relieving; /* over memory-limit: links are being cut */
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
