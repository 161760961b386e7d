/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-delivered.h"

#include <string.h>

/*
 * What has come is open, has failed, or else was handled: only the first two
 * are kept. A peer has no more open than its credit, and words arrive in order,
 * so those that a cut loses are among the newest: no more failures are kept
 * than that.
 */

typedef struct
{
  guint64 number;
  int code;
  char why[]; /* owned */
} Failure;

void
hein_delivered_init (HeinDelivered *self, guint credit)
{
  *self = (HeinDelivered){ .max_failures = credit };
}

static gsize
get_failure_size (const Failure *failure)
{
  return sizeof (GList) + sizeof *failure + strlen (failure->why) + 1;
}

static void
forget_oldest (HeinDelivered *self)
{
  g_autofree Failure *failure = g_queue_pop_head (&self->failures);

  self->failures_size -= get_failure_size (failure);
}

void
hein_delivered_clear (HeinDelivered *self)
{
  while (self->failures.length > 0)
    forget_oldest (self);
  hein_number_set_clear (&self->open);
}

void
hein_delivered_fail (HeinDelivered *self,
                     guint64 number,
                     int code,
                     const char *why)
{
  const gsize size = MIN (strlen (why), HEIN_DELIVERED_WHY_MAX);
  Failure *failure;

  if (!hein_number_set_remove (&self->open, number))
    return;
  failure = g_malloc (sizeof *failure + size + 1);
  failure->number = number;
  failure->code = code;
  memcpy (failure->why, why, size);
  failure->why[size] = '\0';
  g_queue_push_tail (&self->failures, failure);
  self->failures_size += get_failure_size (failure);
  if (self->failures.length > self->max_failures)
    forget_oldest (self);
}

/* ---- saying it again ---- */

/* A part of what is repeated: numbers that are not said to be handled. */
static int
compare_runs (gconstpointer a, gconstpointer b)
{
  const HeinNumberRun *one = a;
  const HeinNumberRun *other = b;

  return one->first < other->first ? -1 : one->first > other->first;
}

static GArray *
get_exceptions (const HeinDelivered *self)
{
  GArray *runs = g_array_new (FALSE, FALSE, sizeof (HeinNumberRun));

  g_array_append_vals (runs, self->open.runs, self->open.n_runs);
  for (GList *link = self->failures.head; link != NULL; link = link->next)
    {
      const Failure *failure = link->data;
      const HeinNumberRun run = { failure->number, failure->number };

      g_array_append_val (runs, run);
    }
  g_array_sort (runs, compare_runs);
  return runs;
}

static void
repeat_handled (const HeinDelivered *self,
                guint64 first,
                guint64 last,
                const HeinDeliveredWords *words,
                gpointer data)
{
  g_autoptr (GArray) runs = get_exceptions (self);

  for (guint i = 0; i < runs->len && first <= last; i++)
    {
      const HeinNumberRun *run = &g_array_index (runs, HeinNumberRun, i);

      if (run->last < first)
        continue;
      if (run->first > first)
        words->handled (data, first, MIN (last, run->first - 1));
      if (run->last == G_MAXUINT64)
        return;
      first = run->last + 1;
    }
  if (first <= last)
    words->handled (data, first, last);
}

void
hein_delivered_repeat (const HeinDelivered *self,
                       guint64 first,
                       guint64 last,
                       const HeinDeliveredWords *words,
                       gpointer data)
{
  last = MIN (last, self->arrived);
  if (first > last)
    return;
  repeat_handled (self, first, last, words, data);
  for (GList *link = self->failures.head; link != NULL; link = link->next)
    {
      const Failure *failure = link->data;

      if (failure->number >= first && failure->number <= last)
        words->failed (data, failure->number, failure->code, failure->why);
    }
}
