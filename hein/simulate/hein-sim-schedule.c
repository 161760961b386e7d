/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-schedule.h"

/* A binary heap whose entries know their position. */

void
hein_sim_schedule_init (HeinSimSchedule *self)
{
  self->heap = g_ptr_array_new ();
  self->n_added = 0;
}

void
hein_sim_schedule_clear (HeinSimSchedule *self)
{
  g_clear_pointer (&self->heap, g_ptr_array_unref);
}

static HeinSimEvent *
get (HeinSimSchedule *self, guint position)
{
  return g_ptr_array_index (self->heap, position - 1);
}

static void
put (HeinSimSchedule *self, guint position, HeinSimEvent *event)
{
  g_ptr_array_index (self->heap, position - 1) = event;
  event->position = position;
}

static gboolean
is_before (const HeinSimEvent *self, const HeinSimEvent *other)
{
  return self->due_us < other->due_us ||
         (self->due_us == other->due_us && self->order < other->order);
}

static void
move_up (HeinSimSchedule *self, HeinSimEvent *event)
{
  guint position = event->position;

  for (; position > 1 && is_before (event, get (self, position / 2));
       position /= 2)
    put (self, position, get (self, position / 2));
  put (self, position, event);
}

static void
move_down (HeinSimSchedule *self, HeinSimEvent *event)
{
  guint position = event->position;

  for (guint child = position * 2; child <= self->heap->len;
       child = position * 2)
    {
      if (child < self->heap->len &&
          is_before (get (self, child + 1), get (self, child)))
        child++;
      if (!is_before (get (self, child), event))
        break;
      put (self, position, get (self, child));
      position = child;
    }
  put (self, position, event);
}

void
hein_sim_schedule_add (HeinSimSchedule *self,
                       HeinSimEvent *event,
                       gint64 due_us)
{
  if (event->position == 0)
    {
      g_ptr_array_add (self->heap, event);
      event->position = self->heap->len;
    }
  event->due_us = due_us;
  event->order = self->n_added++;
  move_up (self, event);
  move_down (self, event);
}

void
hein_sim_schedule_remove (HeinSimSchedule *self, HeinSimEvent *event)
{
  const guint position = event->position;
  HeinSimEvent *last;

  if (position == 0)
    return;
  event->position = 0;
  last = g_ptr_array_steal_index (self->heap, self->heap->len - 1);
  if (last == event)
    return;
  put (self, position, last);
  move_up (self, last);
  move_down (self, last);
}

gint64
hein_sim_schedule_get_due_us (HeinSimSchedule *self)
{
  return self->heap->len > 0 ? get (self, 1)->due_us : G_MAXINT64;
}

void
hein_sim_schedule_run_one (HeinSimSchedule *self)
{
  HeinSimEvent *event = get (self, 1);

  hein_sim_schedule_remove (self, event);
  event->happen (event);
}
