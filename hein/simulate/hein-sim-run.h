/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* What happens next in a simulation: turns of buses, arrivals, and the passing
 * of time. */

G_BEGIN_DECLS

/* To be called by whoever begins to run the simulation, and when he is done: a
 * handler may close it meanwhile, and drop the last reference. */
void hein_sim_begin (HeinSim *self);
void hein_sim_end (HeinSim *self);
/* Has one bus turned, or else lets time pass until the next event. FALSE:
 * nothing happens up to @end_us. */
gboolean hein_sim_step (HeinSim *self, gint64 end_us);
void hein_sim_run_to (HeinSim *self, gint64 end_us);

/* Functions of HeinWorldFuncs of the same names. */
HeinWorldPlace *hein_sim_enter (HeinWorld *world,
                                HeinLoop *loop,
                                HeinWorldTurnFunc turn,
                                gpointer bus);
void hein_sim_leave (HeinWorldPlace *place);
void hein_sim_wait (HeinWorldPlace *place, gint64 end_us);
void hein_sim_wake (HeinWorldPlace *place);
void hein_sim_arm (HeinWorldPlace *place, gint64 due_us);
gboolean hein_sim_is_ready (HeinWorldPlace *place);

G_END_DECLS
