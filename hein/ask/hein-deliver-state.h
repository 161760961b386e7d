/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "hein-deliver-choose.h"
#include "hein-deliver-peers.h"
#include "hein-receipt-private.h"

/* The deliveries of a bus that have not ended, for the files that deliver. */

G_BEGIN_DECLS

/*
 * Each peer of a delivery has a leg of it, which waits until the peer takes
 * another message, is sent, and ends: acknowledged, failed, or unknown. A leg
 * that was not sent yet may go to another peer if a strategy chose its first
 * one; one that was sent never does, since it may have been handled.
 */
typedef struct _HeinDelivery HeinDelivery;

typedef enum
{
  HEIN_LEG_HOMELESS, /* waits for a peer that takes it, in `homeless` */
  HEIN_LEG_WAITING,  /* waits until its peer takes another message */
  HEIN_LEG_HELD,     /* is sent when there is room in the connection, or has
                      * been, and is told so in the next turn */
  HEIN_LEG_SENT,
  HEIN_LEG_OVER
} HeinLegState;

typedef struct
{
  HeinDelivery *delivery;
  HeinDeliverPeer *to; /* NULL while there is none */
  guint64 number;      /* once it is sent */
  HeinLegState state;
  HeinCall *held; /* borrowed, while it is held: the call that sends it */
  GList in_row;   /* in the row of its state */
} HeinLeg;

struct _HeinDelivery
{
  guint n_refs;         /* owner's thread */
  HeinCore *core;       /* borrowed: the call keeps the bus alive */
  HeinCall *call;       /* owned; NULL once it is over */
  HeinMessage *message; /* owned */
  HeinReceipt *receipt; /* owned until it is the result; NULL until a leg
                         * has ended */
  HeinTimer timer;
  gint64 end_us; /* G_MAXINT64: none */
  int timeout_ms;
  gsize cost;
  gboolean may_move;  /* another peer would do as well */
  gboolean is_posted; /* it is in the spool, and delivered again after a cut */
  guint n_open;
  guint n_legs;
  HeinLeg legs[];
};

struct _HeinDeliverer
{
  HeinCore *core;
  HeinDeliverPeers peers;
  GQueue homeless; /* HeinLeg by in_row, in order */
  GQueue freed;    /* owned HeinPeer that take more, and for which legs wait */
  GQueue resumed; /* owned HeinPeer that have come again, and are to be asked */
  guint n;
  HeinPeerWatch watch;
  HeinJob job; /* sends what waits */

  /* reused for choosing; NULL while a delivery is choosing */
  HeinDeliverChoice *choice;
};

static inline gboolean
hein_leg_is_open (const HeinLeg *self)
{
  return self->state != HEIN_LEG_OVER;
}

/* Sends what waits, later in this turn. */
static inline void
hein_deliverer_want_job (HeinDeliverer *self)
{
  hein_loop_defer (self->core->host.loop, &self->job);
  hein_core_want_turn (self->core);
}

G_END_DECLS
