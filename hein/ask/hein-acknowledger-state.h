/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "hein-ask-words.h"
#include "hein-cuts.h"
#include "hein-delivered.h"
#include "hein-forgotten.h"
#include "hein-handled-ids.h"

/* The messages that were delivered to a bus, for the files that tell what
 * became of them. */

G_BEGIN_DECLS

/*
 * A peer that has delivered something; each of its messages has a reference,
 * and may be acknowledged when the peer has long gone. If it can resume, this
 * outlasts its connections: what was not said on one is said on the next.
 */
typedef struct
{
  gatomicrefcount refs;
  HeinAcknowledger *owner; /* owned */
  gboolean resumes;
  HeinCut cut; /* if it resumes */

  /* owner's thread */
  guint64 n_forgotten; /* what became of the first ones is not known */
  guint64 asked_to;    /* those up to this that have not come were given up */

  /* under the lock of the owner, and used only if it resumes */
  HeinPeer *peer; /* owned; NULL while it is cut off, or gone */
  HeinDelivered delivered;
  gsize cost;       /* of what asks_cost has it */
  gboolean is_over; /* nothing is told any more, and it costs nothing */
} HeinAcknowledged;

struct _HeinAcknowledger
{
  gatomicrefcount refs;
  GMutex lock;
  HeinCore *core;      /* under the lock; borrowed; NULL once the bus is gone */
  HeinHandledIds *ids; /* under the lock; owned; NULL until one has come */
  gsize ids_cost;      /* under the lock; of what asks_cost has it */

  /* owner's thread */
  HeinAskWords *words;     /* owned */
  GHashTable *peers;       /* borrowed HeinPeer -> owned HeinAcknowledged */
  HeinAcknowledged *found; /* the one looked up last; nullable */
  HeinPeer *found_peer;    /* borrowed: whose it is */
  HeinCuts cuts;           /* of owned HeinAcknowledged */
  HeinForgotten forgotten; /* whose is not here any more */
  HeinPeerWatch watch;
};

HeinAcknowledger *hein_acknowledger_ref (HeinAcknowledger *self);
void hein_acknowledger_unref (HeinAcknowledger *self);

G_END_DECLS
