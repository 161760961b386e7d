/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"
#include "limits/mc-budget.h"

G_BEGIN_DECLS

typedef enum
{
  MC_SLOT_BACKOFF, /* missing: a NAK is due */
  MC_SLOT_HOLD,    /* missing: somebody asked for it */
  MC_SLOT_LOST,    /* given up, but may still come */
  MC_SLOT_KEPT
} McSlotState;

typedef struct
{
  McSlotState state;
  guint8 n_tries;
  guint8 n_suppressed; /* in a row */
  gint64 due_us;
  gint64 missed_us; /* when it was first known to be missing */
  McInner inner;
  GBytes *payload; /* owned; MC_SLOT_KEPT */
} McSlot;

/*
 * The fragments from the next one to deliver up to the last one known, there or
 * not: a ring that grows with them and is gone when they are.
 */
typedef struct
{
  McBudget *budget;
  McSlot *ring;
  guint capacity; /* 0, or a power of 2 */
  guint64 next;
  guint64 end;
  guint n_missing;
  guint n_kept;
  gsize bytes; /* kept, with MC_KEPT_COST each */
} McReorder;

void mc_reorder_init (McReorder *self, McBudget *budget);
void mc_reorder_clear (McReorder *self);

/* @dseq: from next on, below end. */
McSlot *mc_reorder_get (const McReorder *self, guint64 dseq);
/* Adds slots up to @end, which is at most MC_REORDER_FRAGMENTS past next. They
 * are MC_SLOT_BACKOFF, and due never. FALSE: the budget forbids it. */
gboolean mc_reorder_extend (McReorder *self, guint64 end);
/* FALSE: it would be too much. */
gboolean
mc_reorder_keep (McReorder *self, const McInner *inner, GBytes *payload);
void mc_reorder_set_lost (McReorder *self, McSlot *slot);
/* Forgets the slot at next, and moves next. (transfer full): its payload. */
GBytes *mc_reorder_pop (McReorder *self, McInner *inner);
/* Nothing is there, and next is @dseq. */
void mc_reorder_restart (McReorder *self, guint64 dseq);

static inline gboolean
mc_slot_is_missing (const McSlot *self)
{
  return self->state == MC_SLOT_BACKOFF || self->state == MC_SLOT_HOLD;
}

G_END_DECLS
