/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

/* Messages that wait for a peer or for room. */

G_BEGIN_DECLS

typedef struct _HeinWay HeinWay;

/* A message that waits for a peer or for room, or was posted by another
 * thread. */
typedef struct
{
  GList in_row;        /* data: the HeinHeld itself */
  HeinSending sending; /* owns its members */
  gsize cost;
  gsize posted_cost; /* what counts in ingress_cost */
  guint64 number;    /* in the order in which messages began to wait */
  guint64 pass;      /* the pass that marked it; 0: none */
  HeinCall *call;    /* owned: completes when the message is sent; nullable */
  gboolean is_cancelled; /* the call was cancelled while in the ingress */
  gboolean is_stuck;     /* waits for room, not for a peer */
  GPtrArray *stuck;      /* owned HeinPeer that it is for; NULL: for all */
  HeinWay *way;          /* the way that it waits in; nullable */
} HeinHeld;

void hein_held_init (HeinCore *self);
HeinHeld *hein_held_new (const HeinSending *sending);
void hein_held_free (HeinHeld *self);
/* Frees a row, when the bus is freed. */
void hein_held_clear_row (GQueue *row);

/* Returns whether another message waits in the same way for a peer. */
gboolean hein_held_is_way_taken (HeinCore *self, const HeinSending *sending);
/* Marks @held as being in the way of later messages, for this pass. */
void hein_held_mark (HeinCore *self, HeinHeld *held);
/* Records the result of an attempt: whether @held waits for room, and of
 * whom. */
void hein_held_note_stuck (HeinCore *self, HeinHeld *held, gboolean is_stuck);
/* Lets @held wait behind all others. Takes ownership of @held. */
void hein_held_keep (HeinCore *self, HeinHeld *held, gboolean is_stuck);
/* Stops accounting for @held, which is in no row any more. */
void hein_held_release (HeinCore *self, HeinHeld *held);
/* Completes the call of @held, which waits on like a message without a call, if
 * the limit permits. */
void hein_held_take_in (HeinCore *self, HeinHeld *held);
/* Lets @held wait behind all others, and its call with it. Takes ownership. */
void hein_held_keep_call (HeinCore *self, HeinHeld *held, gboolean is_stuck);
gboolean hein_held_check_limit (HeinCore *self, GError **error);

/* Ends @held, which was sent. Takes ownership of @held. */
void hein_held_finish (HeinCore *self, HeinHeld *held);
/* Ends @held: its call fails with @error, or it counts as dropped. Takes
 * ownership of @held. */
void hein_held_give_up (HeinCore *self, HeinHeld *held, const GError *error);
void hein_held_give_up_closed (HeinCore *self, HeinHeld *held);
/* Gives up all waiting messages. */
void hein_held_give_up_all (HeinCore *self);

G_END_DECLS
