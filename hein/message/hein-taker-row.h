/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "hein-prefixes.h"

/* Everybody who has subscribed to one and the same. */

G_BEGIN_DECLS

/* What an allocation costs beside its size. */
#define HEIN_MALLOC_COST 16

/* In no order; it must not be moved in memory. Most have one taker. */
typedef struct
{
  HeinPrefix **takers; /* owned unless it is &only */
  HeinPrefix *only;
  guint n;
  guint room;
} HeinTakerRow;

static inline void
hein_taker_row_init (HeinTakerRow *self)
{
  self->takers = &self->only;
  self->n = 0;
  self->room = 1;
}

static inline void
hein_taker_row_clear (HeinTakerRow *self)
{
  if (self->takers != &self->only)
    g_free (self->takers);
}

static inline gsize
hein_taker_row_get_cost (const HeinTakerRow *self)
{
  return self->takers != &self->only
           ? self->room * sizeof (gpointer) + HEIN_MALLOC_COST
           : 0;
}

static inline void
hein_taker_row_set_room (HeinTakerRow *self, guint room)
{
  HeinPrefix **takers = room > 1 ? g_new (HeinPrefix *, room) : &self->only;

  memcpy (takers, self->takers, self->n * sizeof *takers);
  if (self->takers != &self->only)
    g_free (self->takers);
  self->takers = takers;
  self->room = room;
}

static inline void
hein_taker_row_add (HeinTakerRow *self, HeinPrefix *taker)
{
  if (self->n == self->room)
    hein_taker_row_set_room (self, self->room * 2);
  taker->position = self->n;
  self->takers[self->n++] = taker;
}

static inline void
hein_taker_row_remove (HeinTakerRow *self, HeinPrefix *taker)
{
  HeinPrefix *last = self->takers[--self->n];

  self->takers[taker->position] = last;
  last->position = taker->position;
  if (self->n > 0 && self->n <= self->room / 4)
    hein_taker_row_set_room (self, self->room / 2);
}

static inline void
hein_taker_row_append_owners (const HeinTakerRow *self, GPtrArray *owners)
{
  for (guint i = 0; i < self->n; i++)
    g_ptr_array_add (owners, self->takers[i]->owner);
}

G_END_DECLS
