/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A table of entries that are numbered one after the other. */

G_BEGIN_DECLS

/*
 * The slot of a number is its last bits: numbers that follow each other are in
 * slots of their own, without a hash. Only for numbers that this program gives
 * out: whoever chooses them could put all into one slot.
 */
typedef struct _HeinAskEntry HeinAskEntry;

/* To be the first member of what is in the table. */
struct _HeinAskEntry
{
  guint64 id;
  HeinAskEntry *next; /* in its slot */
};

typedef struct
{
  HeinAskEntry **slots;
  guint n_slots; /* a power of two */
  guint n;
} HeinAskTable;

void hein_ask_table_init (HeinAskTable *self);
/* All entries have been removed. */
void hein_ask_table_clear (HeinAskTable *self);
/* No entry has its number yet. */
void hein_ask_table_add (HeinAskTable *self, HeinAskEntry *entry);
void hein_ask_table_remove (HeinAskTable *self, HeinAskEntry *entry);

/* Returns NULL when there is none. */
static inline gpointer
hein_ask_table_find (const HeinAskTable *self, guint64 id)
{
  HeinAskEntry *entry = self->slots[id & (self->n_slots - 1)];

  while (entry != NULL && entry->id != id)
    entry = entry->next;
  return entry;
}

G_END_DECLS
