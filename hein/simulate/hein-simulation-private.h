/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-simulation.h>

#include "hein-sim.h"

/* The instance struct of HeinSimulation. */

G_BEGIN_DECLS

struct _HeinSimulation
{
  GObject parent_instance;

  HeinSim sim;
  guint64 seed;
  GPtrArray *planned; /* owned, of hein-simulation-plan.c; NULL: no faults */
};

/* Lets @faults, HeinFault, begin and end by themselves. */
void hein_simulation_plan (HeinSimulation *self, const GPtrArray *faults);
/* Tells the test that its programs on @host are to begin again. */
void hein_simulation_emit_restarted (HeinSimulation *self, HeinSimHost *host);

G_END_DECLS
