/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim.h"

#include <errno.h>
#include <sys/epoll.h>

/* What the parts of a simulation share: descriptors, the trace, chance, and
 * which buses may be turned. */

void
hein_sim_watch (HeinSim *self, HeinSimWatch *watch, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };
  int action = EPOLL_CTL_MOD;

  if (watch->events == events)
    return;
  if (watch->events == 0)
    action = EPOLL_CTL_ADD;
  else if (events == 0)
    action = EPOLL_CTL_DEL;
  watch->events = events;
  if (epoll_ctl (self->epoll_fd, action, watch->fd, &event) != 0)
    g_error ("a simulation cannot watch a descriptor: %s", g_strerror (errno));
}

void
hein_sim_note (HeinSim *self, const char *format, ...)
{
  va_list arguments;

  if (self->trace == NULL)
    return;
  g_string_append_printf (self->trace, "%" G_GINT64_FORMAT " ",
                          self->world.now_us);
  va_start (arguments, format);
  g_string_append_vprintf (self->trace, format, arguments);
  va_end (arguments);
  g_string_append_c (self->trace, '\n');
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
  return !self->is_turning && !self->host->is_paused && !self->host->is_crashed;
}

/* A bus that may not be turned would be found ready again and again. */
void
hein_sim_bus_watch (HeinSimBus *self)
{
  hein_sim_watch (self->sim, &self->watch,
                  hein_sim_bus_may_turn (self) ? EPOLLIN : 0);
}
