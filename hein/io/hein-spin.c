/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spin.h"

#include <unistd.h>

/* Whether polling before sleeping pays off, judged by recent waits. */

#define BACKOFF_MAX 1023
/* A longer wait is not part of a stream, and counts as this long. */
#define GAP_MAX_US 10000
/* Polling is tried when the average wait was up to so many times the limit,
 * since a wait that was slept through includes the time of the wake-up. */
#define GAP_FACTOR 2

void
hein_spin_init (HeinSpin *self)
{
  *self = (HeinSpin){ .gap_us = GAP_MAX_US };
}

void
hein_spin_set_limit (HeinSpin *self, guint limit_us)
{
  /* counts all processors, not those of this thread alone: the sender may run
   * on one that this thread is not allowed to use */
  self->limit_us = sysconf (_SC_NPROCESSORS_ONLN) > 1 ? limit_us : 0;
}

gboolean
hein_spin_should_begin (HeinSpin *self)
{
  if (self->limit_us == 0 || self->gap_us > GAP_FACTOR * self->limit_us)
    return FALSE;
  if (self->n_skip == 0)
    return TRUE;
  self->n_skip--;
  return FALSE;
}

void
hein_spin_end (HeinSpin *self, gboolean is_ready)
{
  if (is_ready)
    {
      self->backoff /= 2;
      return;
    }
  self->n_skip = self->backoff;
  self->backoff = MIN (self->backoff * 2 + 1, BACKOFF_MAX);
}

void
hein_spin_add_gap (HeinSpin *self, gint64 gap_us)
{
  gint64 newest = CLAMP (gap_us, 0, GAP_MAX_US);

  self->gap_us = (3 * (gint64) self->gap_us + newest) / 4;
}
