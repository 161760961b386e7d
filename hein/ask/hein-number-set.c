/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-number-set.h"

#include <string.h>

/* Sets of the numbers of messages that are open: mostly the oldest one leaves,
 * so that there are few runs. */

#define SIZE_MIN 4

void
hein_number_set_clear (HeinNumberSet *self)
{
  g_clear_pointer (&self->runs, g_free);
  self->n_runs = self->size = 0;
}

static void
insert (HeinNumberSet *self, guint at, HeinNumberRun run)
{
  if (self->n_runs == self->size)
    {
      self->size = MAX (SIZE_MIN, 2 * self->size);
      self->runs = g_renew (HeinNumberRun, self->runs, self->size);
    }
  memmove (self->runs + at + 1, self->runs + at,
           (self->n_runs - at) * sizeof *self->runs);
  self->runs[at] = run;
  self->n_runs++;
}

/* What many once took is given back when few are left. */
static void delete (HeinNumberSet *self, guint at)
{
  self->n_runs--;
  memmove (self->runs + at, self->runs + at + 1,
           (self->n_runs - at) * sizeof *self->runs);
  if (self->size > SIZE_MIN && self->n_runs < self->size / 4)
    {
      self->size /= 2;
      self->runs = g_renew (HeinNumberRun, self->runs, self->size);
    }
}

/* Returns the first run that ends at @number or behind it. */
static guint
find (const HeinNumberSet *self, guint64 number)
{
  guint low = 0;
  guint high = self->n_runs;

  if (high > 0 && self->runs[0].last >= number)
    return 0;
  while (low < high)
    {
      const guint middle = low + (high - low) / 2;

      if (self->runs[middle].last < number)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

void
hein_number_set_add_slow (HeinNumberSet *self, guint64 number)
{
  HeinNumberRun *newest =
    self->n_runs > 0 ? &self->runs[self->n_runs - 1] : NULL;

  g_return_if_fail (newest == NULL || newest->last < number);

  if (newest != NULL && newest->last + 1 == number)
    newest->last = number;
  else
    insert (self, self->n_runs, (HeinNumberRun){ number, number });
}

gboolean
hein_number_set_contains (const HeinNumberSet *self, guint64 number)
{
  const guint at = find (self, number);

  return at < self->n_runs && self->runs[at].first <= number;
}

gboolean
hein_number_set_remove_slow (HeinNumberSet *self, guint64 number)
{
  const guint at = find (self, number);
  HeinNumberRun *run;

  if (at == self->n_runs || self->runs[at].first > number)
    return FALSE;
  run = &self->runs[at];
  if (run->first == run->last)
    delete (self, at);
  else if (run->first == number)
    run->first++;
  else if (run->last == number)
    run->last--;
  else
    {
      const HeinNumberRun before = { run->first, number - 1 };

      run->first = number + 1;
      insert (self, at, before);
    }
  return TRUE;
}
