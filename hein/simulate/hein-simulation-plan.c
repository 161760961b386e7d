/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-fault-plan.h"
#include "hein-sim-port.h"
#include "hein-sim-stream.h"
#include "hein-simulation-private.h"

/* Faults that begin and end by themselves, at times that were said before. */

typedef struct
{
  HeinTimer timer; /* for its beginning, then for its end */
  HeinSimulation *net;
  HeinFault *fault; /* owned */
  gboolean is_on;
} Planned;

static void
planned_free (gpointer data)
{
  Planned *self = data;

  hein_timers_disarm (&self->net->sim.timers, &self->timer);
  hein_fault_free (self->fault);
  g_free (self);
}

static void
change_way (HeinSimWay *way, const HeinFault *fault, gboolean is_on)
{
  const gint64 more_us = fault->numbers[HEIN_FAULT_DELAY];

  if (fault->kind == HEIN_FAULT_PARTITION)
    way->is_cut = is_on;
  else /* the test may have set the way anew meanwhile */
    way->delay_us = MAX (way->delay_us + (is_on ? more_us : -more_us), 0);
}

static void
change_ways (Planned *self)
{
  HeinSim *sim = &self->net->sim;
  const HeinFault *fault = self->fault;
  HeinSimHost *host = hein_sim_map_get_host (&sim->map, fault->host);
  HeinSimHost *other = fault->other != NULL
                         ? hein_sim_map_get_host (&sim->map, fault->other)
                         : NULL;

  for (guint i = 0; i < sim->map.hosts->len; i++)
    {
      HeinSimHost *to = g_ptr_array_index (sim->map.hosts, i);

      if (other != NULL ? to != other : to == host)
        continue;
      change_way (hein_sim_map_edit_way (&sim->map, host, to), fault,
                  self->is_on);
      change_way (hein_sim_map_edit_way (&sim->map, to, host), fault,
                  self->is_on);
    }
  hein_sim_streams_go_on (sim);
  hein_sim_dials_go_on (sim);
}

static void
change (Planned *self)
{
  const HeinFault *fault = self->fault;

  switch (fault->kind)
    {
    case HEIN_FAULT_CUT:
      hein_simulation_cut (self->net, fault->host, fault->other);
      break;
    case HEIN_FAULT_PARTITION:
    case HEIN_FAULT_SLOW:
      change_ways (self);
      break;
    case HEIN_FAULT_PAUSE:
      if (self->is_on)
        hein_simulation_pause (self->net, fault->host);
      else
        hein_simulation_resume (self->net, fault->host);
      break;
    case HEIN_FAULT_CRASH:
      if (self->is_on)
        hein_simulation_crash (self->net, fault->host);
      else
        hein_simulation_restart (self->net, fault->host);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
on_time (HeinTimer *timer, gint64 now_us)
{
  Planned *self = HEIN_CONTAINER (timer, Planned, timer);
  HeinSim *sim = &self->net->sim;

  self->is_on = !self->is_on;
  hein_sim_note (sim, &(HeinSimNote){ .kind = "fault" }, "fault %s: %s",
                 self->is_on ? "begins" : "ends",
                 hein_fault_get_name (self->fault));
  /* a handler of the test may close the simulation, and so free this */
  if (self->is_on && self->fault->kind != HEIN_FAULT_CUT)
    hein_timers_arm (&sim->timers, timer,
                     now_us + self->fault->numbers[HEIN_FAULT_LENGTH]);
  change (self);
}

void
hein_simulation_plan (HeinSimulation *self, const GPtrArray *faults)
{
  if (self->planned == NULL)
    self->planned = g_ptr_array_new_with_free_func (planned_free);
  for (guint i = 0; i < faults->len; i++)
    {
      const HeinFault *fault = g_ptr_array_index (faults, i);
      Planned *planned = g_new0 (Planned, 1);

      planned->net = self;
      planned->fault = hein_fault_copy (fault);
      planned->timer.expired = on_time;
      g_ptr_array_add (self->planned, planned);
      hein_timers_arm (&self->sim.timers, &planned->timer,
                       self->sim.world.now_us +
                         fault->numbers[HEIN_FAULT_BEGIN]);
    }
}

/**
 * hein_simulation_add_faults:
 * @self: a simulation
 * @faults: a line for each fault, or `;` between them
 * @error: (nullable): a place for an error
 *
 * Lets faults happen at times that are said now. Each begins with a time, in µs
 * from now on:
 *
 * | fault | what happens |
 * |---|---|
 * | `300000 cut hub roof` | as [method@Simulation.cut] |
 * | `300000 partition hub roof 2000000` | as [method@Simulation.partition], for 2 s |
 * | `300000 pause roof 2000000` | as [method@Simulation.pause], for 2 s |
 * | `300000 slow hub roof 2000000 50000` | for 2 s bytes take 50 ms longer |
 * | `300000 crash hub 2000000` | as [method@Simulation.crash]; it starts again after 2 s |
 *
 * `*` in place of the second host means all others. This is also how a failure
 * that [func@Simulation.explore] has found is seen again.
 *
 * - Errors: %HEIN_ERROR_FAILED for a line that is no fault; then none is added.
 * - Thread: the one that made the simulation.
 *
 * Returns: whether all were faults
 *
 * Since: 0.9
 */
gboolean
hein_simulation_add_faults (HeinSimulation *self,
                            const char *faults,
                            GError **error)
{
  g_autoptr (GPtrArray) plan = NULL;

  g_return_val_if_fail (HEIN_IS_SIMULATION (self) && self->sim.is_open, FALSE);
  g_return_val_if_fail (faults != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  plan = hein_fault_plan_parse (faults, error);
  if (plan == NULL)
    return FALSE;
  hein_simulation_plan (self, plan);
  return TRUE;
}
