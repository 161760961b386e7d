/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A set of numbers, of which new ones are the greatest. */

G_BEGIN_DECLS

typedef struct
{
  guint64 first;
  guint64 last;
} HeinNumberRun;

/*
 * Runs of numbers that follow each other, in order: what is added and removed
 * one after the other is a single run, however many there are.
 */
typedef struct
{
  HeinNumberRun *runs; /* owned */
  guint n_runs;
  guint size; /* how many there is room for */
} HeinNumberSet;

void hein_number_set_clear (HeinNumberSet *self);
void hein_number_set_add_slow (HeinNumberSet *self, guint64 number);
gboolean hein_number_set_remove_slow (HeinNumberSet *self, guint64 number);
gboolean hein_number_set_contains (const HeinNumberSet *self, guint64 number);

/* @number is greater than all that are in it: mostly by one. */
static inline void
hein_number_set_add (HeinNumberSet *self, guint64 number)
{
  if (G_LIKELY (self->n_runs > 0 &&
                self->runs[self->n_runs - 1].last + 1 == number))
    self->runs[self->n_runs - 1].last = number;
  else
    hein_number_set_add_slow (self, number);
}

/* FALSE: it was not in it. Mostly it is the oldest one. */
static inline gboolean
hein_number_set_remove (HeinNumberSet *self, guint64 number)
{
  if (G_UNLIKELY (self->n_runs == 0 || self->runs[0].first != number ||
                  self->runs[0].last == number))
    return hein_number_set_remove_slow (self, number);
  self->runs[0].first++;
  return TRUE;
}

/* Returns the memory that it takes, in bytes. */
static inline gsize
hein_number_set_get_size (const HeinNumberSet *self)
{
  return self->size * sizeof *self->runs;
}

G_END_DECLS
