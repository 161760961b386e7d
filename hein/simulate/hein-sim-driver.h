/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* Lets a simulation go on where the program runs a main loop. */

G_BEGIN_DECLS

/* In the main context of the program, until it is destroyed. */
GSource *hein_sim_driver_new (HeinSim *sim);

G_END_DECLS
