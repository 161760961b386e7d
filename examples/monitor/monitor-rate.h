/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How fast a counter grows, from what it is each time that it is looked at. */

G_BEGIN_DECLS

typedef struct
{
  guint64 count;
  gint64 time_us; /* when it was that; 0: never */
  double per_second;
} MonitorRate;

/* A counter that went back has begun anew: then all of it is new. */
static inline void
monitor_rate_update (MonitorRate *self, guint64 count, gint64 now_us)
{
  const guint64 more = count >= self->count ? count - self->count : count;

  if (self->time_us > 0 && now_us > self->time_us)
    self->per_second =
      (double) more * G_USEC_PER_SEC / (double) (now_us - self->time_us);
  self->count = count;
  self->time_us = now_us;
}

G_END_DECLS
