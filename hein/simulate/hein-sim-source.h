/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* What of the program goes by main contexts: its own one, which takes its turns
 * in a simulation, and sources that wait for a time. */

G_BEGIN_DECLS

void hein_sim_program_init (HeinSimProgram *self, HeinSim *sim);
/* Sources that still wait do so for ever. */
void hein_sim_program_clear (HeinSimProgram *self);

typedef enum
{
  HEIN_SIM_PROGRAM_IDLE,
  HEIN_SIM_PROGRAM_TURNED,
  /* not yet: descriptors of buses are ready, or nobody has looked at them */
  HEIN_SIM_PROGRAM_HAS_TO_WAIT,
} HeinSimProgramState;

/* Iterates its main context, if a source of it is ready; @looks: also when that
 * takes a system call to find out, which looks at the descriptors of all buses
 * as well. */
HeinSimProgramState hein_sim_program_turn (HeinSimProgram *self,
                                           gboolean looks);

/* The function of HeinWorldFuncs of the same name. */
void
hein_sim_set_ready_time (HeinWorld *world, GSource *source, gint64 ready_us);

G_END_DECLS
