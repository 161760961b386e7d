/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-driver.h"

#include "hein-sim-run.h"

/* Where the program runs a main loop itself, a source in it lets the simulation
 * go on. It comes before all others, which the simulation iterates: one that is
 * always ready would stop the time otherwise. */

#define PRIORITY (G_PRIORITY_HIGH * 10)

typedef struct
{
  GSource source;
  HeinSim *sim; /* borrowed: it destroys the source */
  gpointer tag; /* of the descriptors of all buses */
} Driver;

/* A loop that a handler runs meanwhile is deeper. */
static gboolean
is_iterating (const HeinSimProgram *self)
{
  return self->depth == g_main_depth ();
}

static gboolean
prepare (GSource *source, int *timeout_ms)
{
  HeinSim *sim = ((Driver *) source)->sim;

  *timeout_ms = -1;
  return !is_iterating (&sim->program) &&
         (sim->queue.length > 0 ||
          hein_timers_get_first (&sim->timers) != NULL);
}

static gboolean
check (GSource *source)
{
  HeinSim *sim = ((Driver *) source)->sim;

  return !is_iterating (&sim->program) &&
         g_source_query_unix_fd (source, ((Driver *) source)->tag) != 0;
}

static gboolean
dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  HeinSim *sim = ((Driver *) source)->sim;

  hein_sim_begin (sim);
  hein_sim_step (sim, G_MAXINT64);
  hein_sim_end (sim);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs driver_funcs = {
  .prepare = prepare,
  .check = check,
  .dispatch = dispatch,
};

GSource *
hein_sim_driver_new (HeinSim *sim)
{
  GSource *source = g_source_new (&driver_funcs, sizeof (Driver));
  Driver *self = (Driver *) source;

  self->sim = sim;
  self->tag = g_source_add_unix_fd (source, sim->epoll_fd, G_IO_IN);
  g_source_set_static_name (source, "hein simulation");
  g_source_set_priority (source, PRIORITY);
  /* what a handler does here may be to run a loop */
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, sim->program.context);
  return source;
}
