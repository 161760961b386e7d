/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

G_BEGIN_DECLS

typedef struct _HeinWay HeinWay;

/* A message that waits for a peer or for room, or comes from another thread. */
typedef struct
{
  GList in_row;        /* data: itself */
  HeinSending sending; /* owns what is in it */
  gsize cost;
  gsize posted_cost; /* that counts in the ingress */
  guint64 number;    /* in the order in which they came to wait */
  guint64 pass;      /* that tried it last; 0: it was sent while one was open */
  HeinCall *call;    /* owned: ends when it is given; NULL: none */
  gboolean is_cancelled; /* in the ingress: its call was */
  gboolean is_stuck;     /* it waits for room, not for a peer */
  GPtrArray *stuck;      /* owned HeinPeer that it is for; NULL: for all */
  HeinWay *way;          /* counted, of the bus: that it waited in; nullable */
} HeinHeld;

HeinHeld *hein_held_new (const HeinSending *sending);
void hein_held_free (HeinHeld *self);
/* When the bus is freed. */
void hein_held_clear_row (GQueue *row);

/* Something that was not given waits in the same way. */
gboolean hein_held_is_way_taken (HeinCore *self, const HeinSending *sending);
/* It stands in the way of others, for this pass. */
void hein_held_mark (HeinCore *self, HeinHeld *held);
/* As the last attempt has found: for room (@is_stuck), with whom, or not. */
void hein_held_note_stuck (HeinCore *self, HeinHeld *held, gboolean is_stuck);
/* Takes @held: it waits behind those that do. */
void hein_held_keep (HeinCore *self, HeinHeld *held, gboolean is_stuck);
/* @held is in no row any more, and waits for nothing. */
void hein_held_release (HeinCore *self, HeinHeld *held);
/* It waits on, and its call ends: as if it had none, within a limit. */
void hein_held_take_in (HeinCore *self, HeinHeld *held);
/* Takes @held, whose call waits behind those that do. */
void hein_held_keep_call (HeinCore *self, HeinHeld *held, gboolean is_stuck);
gboolean hein_held_check_limit (HeinCore *self, GError **error);

/* Takes @held, which was given. */
void hein_held_finish (HeinCore *self, HeinHeld *held);
/* Takes @held: who sent it hears of @error, or it is counted. */
void hein_held_give_up (HeinCore *self, HeinHeld *held, const GError *error);
void hein_held_give_up_closed (HeinCore *self, HeinHeld *held);
/* All that waits. */
void hein_held_give_up_all (HeinCore *self);

G_END_DECLS
