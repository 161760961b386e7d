/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-timers.h"

/* A binary heap whose entries know their position. */

void
hein_timers_init (HeinTimers *self)
{
  self->heap = g_ptr_array_new ();
}

void
hein_timers_clear (HeinTimers *self)
{
  g_clear_pointer (&self->heap, g_ptr_array_unref);
}

static HeinTimer *
get (HeinTimers *self, guint position)
{
  return g_ptr_array_index (self->heap, position - 1);
}

static void
put (HeinTimers *self, guint position, HeinTimer *timer)
{
  g_ptr_array_index (self->heap, position - 1) = timer;
  timer->position = position;
}

static void
move_up (HeinTimers *self, HeinTimer *timer)
{
  guint position = timer->position;

  while (position > 1 && get (self, position / 2)->due_us > timer->due_us)
    {
      put (self, position, get (self, position / 2));
      position /= 2;
    }
  put (self, position, timer);
}

static void
move_down (HeinTimers *self, HeinTimer *timer)
{
  guint position = timer->position;

  for (;;)
    {
      guint child = position * 2;

      if (child > self->heap->len)
        break;
      if (child < self->heap->len &&
          get (self, child + 1)->due_us < get (self, child)->due_us)
        child++;
      if (get (self, child)->due_us >= timer->due_us)
        break;
      put (self, position, get (self, child));
      position = child;
    }
  put (self, position, timer);
}

void
hein_timers_arm (HeinTimers *self, HeinTimer *timer, gint64 due_us)
{
  if (timer->position == 0)
    {
      g_ptr_array_add (self->heap, timer);
      timer->position = self->heap->len;
    }
  timer->due_us = due_us;
  move_up (self, timer);
  move_down (self, timer);
}

void
hein_timers_disarm (HeinTimers *self, HeinTimer *timer)
{
  const guint position = timer->position;
  HeinTimer *last;

  if (position == 0)
    return;
  timer->position = 0;
  last = g_ptr_array_steal_index (self->heap, self->heap->len - 1);
  if (last == timer)
    return;
  put (self, position, last);
  move_up (self, last);
  move_down (self, last);
}
