/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "io/hein-world.h"

/* Says when a row of calls to the application has taken its time. */

G_BEGIN_DECLS

/* The clock is read once for so many calls, since most of them take less time
 * than that. */
#define HEIN_PACE_MAX 32

/* The clock is read more often at first, so that slow handlers are noticed
 * early. */
typedef struct
{
  gint64 end_us;
  guint interval;
  guint left; /* how many calls are left before the clock is read */
} HeinPace;

static inline HeinPace
hein_pace_begin (gint64 end_us)
{
  return (HeinPace){ end_us, 1, 1 };
}

/* Returns whether it is time to read the clock. */
static inline gboolean
hein_pace_is_to_look (HeinPace *self)
{
  if (G_LIKELY (--self->left > 0))
    return FALSE;
  self->interval = MIN (self->interval * 2, HEIN_PACE_MAX);
  self->left = self->interval;
  return TRUE;
}

/* To be called after each call; returns whether it was the last. */
static inline gboolean
hein_pace_is_over (HeinPace *self)
{
  return hein_pace_is_to_look (self) && hein_world_get_us () >= self->end_us;
}

G_END_DECLS
