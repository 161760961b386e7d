/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim.h"

/* What the parts of a simulation share: the trace, chance, and which buses are
 * to be turned. */

void
hein_sim_note (HeinSim *self, const HeinSimNote *note, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (!hein_sim_trace_is_wanted (&self->trace))
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  hein_sim_trace_add (&self->trace, self->world.now_us, note, text);
}

gint64
hein_sim_draw_delay (HeinSim *self, const HeinSimWay *way)
{
  return way->delay_us +
         (way->jitter_us > 0
            ? (gint64) (hein_world_draw_part () * (double) way->jitter_us)
            : 0);
}

gboolean
hein_sim_bus_may_turn (const HeinSimBus *self)
{
  return !self->is_turning && !self->is_stuck && !self->host->is_paused &&
         !self->host->is_crashed;
}

gboolean
hein_sim_bus_has_work (const HeinSimBus *self)
{
  return self->is_woken || self->is_due || self->ready.length > 0 ||
         self->place.has_ready;
}

void
hein_sim_bus_queue (HeinSimBus *self)
{
  if (self->in_queue.data != NULL || !hein_sim_bus_has_work (self) ||
      !hein_sim_bus_may_turn (self))
    return;
  self->in_queue.data = self;
  g_queue_push_tail_link (&self->sim->queue, &self->in_queue);
}

void
hein_sim_bus_unqueue (HeinSimBus *self)
{
  if (self->in_queue.data == NULL)
    return;
  g_queue_unlink (&self->sim->queue, &self->in_queue);
  self->in_queue.data = NULL;
}
