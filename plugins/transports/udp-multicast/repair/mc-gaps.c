/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-gaps.h"

#include <math.h>

#include "mc-grtt.h"

/*
 * When to ask for what is missing. All receivers that miss the same fragment
 * wait for a random while, and the NAK of the first one lets the others wait
 * on: so the number of NAKs hardly grows with the group. The random times are
 * those of NORM (RFC 5740).
 */

#define K 4
/* At most 100 NAKs a second, whatever is missing. */
#define NAK_INTERVAL_US 10000
/* The NAK of another member suppresses ours so often in a row, and no more:
 * one that asks and never gets must not keep us from asking. */
#define SUPPRESSED_MAX 4
/* A sender gathers for half a GRTT, and repairs once in one. */
#define REPAIR_GRTTS 3
#define QUICK_TRIES  8
#define HOLD_MAX_US  (MC_GIVE_UP_US / MC_GIVE_UP_TRIES)

void
mc_gaps_init (McGaps *self,
              McReorder *reorder,
              McRandom random,
              gpointer user_data)
{
  *self = (McGaps){ .reorder = reorder,
                    .random = random,
                    .user_data = user_data,
                    .grtt_us = MC_GRTT_DEFAULT_US,
                    .group_size = 1,
                    .due_us = G_MAXINT64,
                    .nak_us = G_MININT64 };
}

/*
 * The density grows as e^(λt/T) from 0 to T = K·GRTT. With λ = ln(group) + 1,
 * e^λ is e·group.
 */
static gint64
draw_backoff (McGaps *self)
{
  double top = G_E * self->group_size;
  double u = self->random (self->user_data) / 4294967296.0;
  double t = log (1 + u * (top - 1)) / log (top);

  return (gint64) (t * (double) (K * self->grtt_us));
}

/* The hold grows with each try: a little while it may be chance that no repair
 * came, and then twofold, as the sender may be busy with something else, or not
 * know us yet. If it did not, with a GRTT of 1 ms all tries would be over after
 * half a second; so they take five. On a slow network it does not grow beyond
 * what a repair takes: else 10 s would be over after three tries. */
static gint64
get_hold_us (const McGaps *self, guint n_tries)
{
  const guint n_doubled = n_tries < QUICK_TRIES ? 0 : n_tries + 1 - QUICK_TRIES;
  const gint64 hold_us =
    ((K + 2) * self->grtt_us * MIN (8, 2 + (gint64) n_tries) / 2) << n_doubled;

  return MIN (hold_us, MAX (REPAIR_GRTTS * self->grtt_us, HOLD_MAX_US));
}

/* All fragments of a gap get one time, so that one NAK asks for them. */
void
mc_gaps_open (McGaps *self, guint64 from, guint64 end, gint64 now_us)
{
  gint64 due_us;

  if (from >= end)
    return;
  due_us = now_us + draw_backoff (self);
  if (self->reorder->n_missing == self->reorder->end - from)
    self->due_us = G_MAXINT64; /* nothing else is missing any more */
  for (guint64 dseq = from; dseq < end; dseq++)
    {
      McSlot *slot = mc_reorder_get (self->reorder, dseq);

      slot->missed_us = now_us;
      slot->due_us = due_us;
    }
  self->due_us = MIN (self->due_us, due_us);
}

guint
mc_gaps_suppress (McGaps *self, const McRange *ranges, guint n, gint64 now_us)
{
  guint n_suppressed = 0;

  for (guint i = 0; i < n; i++)
    for (guint64 dseq = MAX (ranges[i].first, self->reorder->next);
         dseq <= ranges[i].last && dseq < self->reorder->end; dseq++)
      {
        McSlot *slot = mc_reorder_get (self->reorder, dseq);

        if (slot->state != MC_SLOT_BACKOFF ||
            slot->n_suppressed == SUPPRESSED_MAX)
          continue;
        slot->state = MC_SLOT_HOLD;
        slot->n_suppressed++;
        slot->due_us = now_us + get_hold_us (self, slot->n_tries);
        n_suppressed++;
      }
  return n_suppressed;
}

static gboolean
is_hopeless (const McSlot *slot, gint64 now_us)
{
  return now_us - slot->missed_us >= MC_GIVE_UP_US ||
         (slot->state == MC_SLOT_HOLD && slot->due_us <= now_us &&
          slot->n_tries >= MC_GIVE_UP_TRIES);
}

/* Fragments asked for in vain are asked for again, after another delay. Returns
 * whether a NAK is due. */
static gboolean
age (McGaps *self, gint64 now_us)
{
  gint64 again_us = now_us + draw_backoff (self);
  gboolean is_due = FALSE;

  for (guint64 dseq = self->reorder->next; dseq < self->reorder->end; dseq++)
    {
      McSlot *slot = mc_reorder_get (self->reorder, dseq);

      if (!mc_slot_is_missing (slot))
        continue;
      if (is_hopeless (slot, now_us))
        mc_reorder_set_lost (self->reorder, slot);
      else if (slot->state == MC_SLOT_HOLD && slot->due_us <= now_us)
        {
          slot->state = MC_SLOT_BACKOFF;
          slot->due_us = again_us;
        }
      is_due |= slot->state == MC_SLOT_BACKOFF && slot->due_us <= now_us;
    }
  return is_due;
}

static void
ask (McGaps *self, McSlot *slot, gint64 now_us)
{
  slot->state = MC_SLOT_HOLD;
  slot->n_tries++;
  slot->n_suppressed = 0;
  slot->due_us = now_us + get_hold_us (self, slot->n_tries);
}

/* Adds fragments that are due soon, to save another NAK. */
static guint
collect (McGaps *self, McRange *ranges, gint64 now_us)
{
  guint n = 0;

  for (guint64 dseq = self->reorder->next; dseq < self->reorder->end; dseq++)
    {
      McSlot *slot = mc_reorder_get (self->reorder, dseq);

      if (slot->state != MC_SLOT_BACKOFF ||
          slot->due_us > now_us + self->grtt_us)
        continue;
      if (n > 0 && ranges[n - 1].last + 1 == dseq)
        ranges[n - 1].last = dseq;
      else if (n < MC_NAK_RANGES)
        ranges[n++] = (McRange){ dseq, dseq };
      else
        break;
      ask (self, slot, now_us);
    }
  return n;
}

static gint64
find_due (const McGaps *self)
{
  gint64 due_us = G_MAXINT64;

  for (guint64 dseq = self->reorder->next; dseq < self->reorder->end; dseq++)
    {
      const McSlot *slot = mc_reorder_get (self->reorder, dseq);
      gint64 end_us = slot->missed_us + MC_GIVE_UP_US;
      gint64 slot_us = slot->state == MC_SLOT_BACKOFF
                         ? MAX (slot->due_us, self->nak_us)
                         : slot->due_us;

      if (mc_slot_is_missing (slot))
        due_us = MIN (due_us, MIN (slot_us, end_us));
    }
  return due_us;
}

guint
mc_gaps_tick (McGaps *self, McRange *ranges, gint64 now_us)
{
  guint n = 0;

  if (now_us < mc_gaps_get_deadline (self))
    return 0;
  if (age (self, now_us) && now_us >= self->nak_us)
    {
      n = collect (self, ranges, now_us);
      self->nak_us = now_us + NAK_INTERVAL_US;
    }
  self->due_us = find_due (self);
  return n;
}

gint64
mc_gaps_get_deadline (const McGaps *self)
{
  return self->reorder->n_missing > 0 ? self->due_us : G_MAXINT64;
}
