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
  gboolean is_open;
};

G_END_DECLS
