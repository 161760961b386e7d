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
/* @number is greater than all that are in it. */
void hein_number_set_add (HeinNumberSet *self, guint64 number);
/* FALSE: it was not in it. */
gboolean hein_number_set_remove (HeinNumberSet *self, guint64 number);
gboolean hein_number_set_contains (const HeinNumberSet *self, guint64 number);
/* Returns the memory that it takes, in bytes. */
gsize hein_number_set_get_size (const HeinNumberSet *self);

G_END_DECLS
