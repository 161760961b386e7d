/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "hein-thread.h"

/* What hein takes from the world outside: the time, random numbers, and
 * connections to other programs. */

G_BEGIN_DECLS

/*
 * A world that stands in for the real one: in a simulation, time passes when
 * the simulation says so, and the same seed gives the same numbers. It holds
 * for the thread that entered it; all other threads live in the real world.
 */
typedef struct _HeinWorld HeinWorld;
typedef struct _HeinWorldFuncs HeinWorldFuncs;

struct _HeinWorld
{
  const HeinWorldFuncs *funcs;
  gint64 now_us;  /* in place of g_get_monotonic_time() */
  gint64 real_us; /* how far g_get_real_time() is ahead of that */
  guint64 dice;   /* the state of the generator */
  /* Whether descriptors of the real world have to be looked at: always, or once
   * because a private context was used, which may have woken another one. */
  gboolean has_descriptors;
  gboolean may_be_woken;
};

/* NULL: the real one. Plugins that are loaded late would find no room for more
 * than a pointer in the thread's static memory. */
extern _Thread_local HeinWorld *hein_world HEIN_THREAD_LOCAL;

static inline gint64
hein_world_get_us (void)
{
  return G_LIKELY (hein_world == NULL) ? g_get_monotonic_time ()
                                       : hein_world->now_us;
}

static inline gint64
hein_world_get_real_us (void)
{
  return G_LIKELY (hein_world == NULL)
           ? g_get_real_time ()
           : hein_world->now_us + hein_world->real_us;
}

/* Fills @bytes with numbers that nobody can guess, unless the world is
 * simulated. FALSE, with errno set, when the system has none. */
gboolean hein_world_draw (gpointer bytes, gsize size);
/* The same for what must differ, but is no secret: never fails. */
void hein_world_draw_any (gpointer bytes, gsize size);
guint64 hein_world_draw_number (void);
/* Returns a number from 0 to below 1. */
double hein_world_draw_part (void);

G_END_DECLS
