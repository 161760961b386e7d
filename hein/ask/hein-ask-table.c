/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ask-table.h"

/* Keeps a table of numbered entries about as large as what is in it. */

#define SLOTS_MIN 64

void
hein_ask_table_init (HeinAskTable *self)
{
  self->n = 0;
  self->n_slots = SLOTS_MIN;
  self->slots = g_new0 (HeinAskEntry *, SLOTS_MIN);
}

void
hein_ask_table_clear (HeinAskTable *self)
{
  g_clear_pointer (&self->slots, g_free);
}

static void
put (HeinAskTable *self, HeinAskEntry *entry)
{
  HeinAskEntry **slot = &self->slots[entry->id & (self->n_slots - 1)];

  entry->next = *slot;
  *slot = entry;
}

static void
resize (HeinAskTable *self, guint n_slots)
{
  g_autofree HeinAskEntry **old = self->slots;
  const guint n_old = self->n_slots;

  self->slots = g_new0 (HeinAskEntry *, n_slots);
  self->n_slots = n_slots;
  for (guint i = 0; i < n_old; i++)
    for (HeinAskEntry *next, *entry = old[i]; entry != NULL; entry = next)
      {
        next = entry->next;
        put (self, entry);
      }
}

void
hein_ask_table_add (HeinAskTable *self, HeinAskEntry *entry)
{
  if (self->n == self->n_slots)
    resize (self, self->n_slots * 2);
  put (self, entry);
  self->n++;
}

void
hein_ask_table_remove (HeinAskTable *self, HeinAskEntry *entry)
{
  HeinAskEntry **slot = &self->slots[entry->id & (self->n_slots - 1)];

  while (*slot != entry)
    slot = &(*slot)->next;
  *slot = entry->next;
  /* far enough from where it grows again */
  if (--self->n < self->n_slots / 8 && self->n_slots > SLOTS_MIN)
    resize (self, self->n_slots / 2);
}
