/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-reorder.h"

#include "mc-receiver-options.h"

/*
 * The ring of fragments that wait for those before them. Its size is a power of
 * 2, so a number finds its slot by a mask.
 */

#define CAPACITY_MIN 16

void
mc_reorder_init (McReorder *self, McBudget *budget)
{
  *self = (McReorder){ .budget = budget };
}

McSlot *
mc_reorder_get (const McReorder *self, guint64 dseq)
{
  return &self->ring[dseq & (self->capacity - 1)];
}

static void
free_ring (McReorder *self)
{
  g_clear_pointer (&self->ring, g_free);
  mc_budget_give (self->budget, self->capacity * sizeof (McSlot));
  self->capacity = 0;
}

/* The ring counts in the budget, too: a gap of thousands of fragments costs
 * slots before any of them is there. */
static gboolean
grow (McReorder *self, guint64 needed)
{
  McReorder old = *self;
  guint capacity = MAX (old.capacity, CAPACITY_MIN);

  while (capacity < needed)
    capacity *= 2;
  if (capacity == old.capacity)
    return TRUE;
  if (!mc_budget_take (self->budget,
                       (capacity - old.capacity) * sizeof (McSlot)))
    return FALSE;
  self->capacity = capacity;
  self->ring = g_new0 (McSlot, capacity);
  for (guint64 dseq = old.next; dseq < old.end; dseq++)
    *mc_reorder_get (self, dseq) = *mc_reorder_get (&old, dseq);
  g_free (old.ring);
  return TRUE;
}

gboolean
mc_reorder_extend (McReorder *self, guint64 end)
{
  if (end <= self->end)
    return TRUE;
  if (!grow (self, end - self->next))
    return FALSE;
  for (; self->end < end; self->end++)
    {
      *mc_reorder_get (self, self->end) = (McSlot){ .due_us = G_MAXINT64 };
      self->n_missing++;
    }
  return TRUE;
}

static gsize
get_cost (GBytes *payload)
{
  return g_bytes_get_size (payload) + MC_KEPT_COST;
}

static void
set_state (McReorder *self, McSlot *slot, McSlotState state)
{
  if (mc_slot_is_missing (slot))
    self->n_missing--;
  slot->state = state;
}

gboolean
mc_reorder_keep (McReorder *self, const McInner *inner, GBytes *payload)
{
  McSlot *slot = mc_reorder_get (self, inner->dseq);
  gsize cost = get_cost (payload);

  if (self->bytes + cost > MC_REORDER_BYTES ||
      !mc_budget_take (self->budget, cost))
    return FALSE;
  set_state (self, slot, MC_SLOT_KEPT);
  slot->inner = *inner;
  slot->payload = g_bytes_ref (payload);
  self->n_kept++;
  self->bytes += cost;
  return TRUE;
}

void
mc_reorder_set_lost (McReorder *self, McSlot *slot)
{
  set_state (self, slot, MC_SLOT_LOST);
}

GBytes *
mc_reorder_pop (McReorder *self, McInner *inner)
{
  McSlot *slot = mc_reorder_get (self, self->next);
  GBytes *payload = g_steal_pointer (&slot->payload);

  if (payload != NULL)
    {
      self->n_kept--;
      self->bytes -= get_cost (payload);
      mc_budget_give (self->budget, get_cost (payload));
      *inner = slot->inner;
    }
  set_state (self, slot, MC_SLOT_LOST);
  if (++self->next == self->end)
    free_ring (self);
  return payload;
}

void
mc_reorder_clear (McReorder *self)
{
  McInner inner;

  while (self->next < self->end)
    {
      g_autoptr (GBytes) payload = mc_reorder_pop (self, &inner);
    }
}

void
mc_reorder_restart (McReorder *self, guint64 dseq)
{
  mc_reorder_clear (self);
  self->next = dseq;
  self->end = dseq;
}
