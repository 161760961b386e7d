/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* Who listens where in a simulation, and who is about to connect: implements
 * the functions of HeinWorldFuncs of the same names. */

G_BEGIN_DECLS

gboolean hein_sim_listen (HeinWorldPlace *place,
                          const HeinWorldAddress *address,
                          HeinWorldPort *port,
                          GError **error);
void hein_sim_stop (HeinWorldPort *port);
GSocketAddress *hein_sim_look_up (HeinWorldPlace *place,
                                  const HeinWorldAddress *address,
                                  GError **error);
void hein_sim_dial (HeinWorldPlace *place,
                    const HeinWorldAddress *address,
                    HeinWorldDial *dial);
void hein_sim_cancel (HeinWorldDial *dial);
/* The bus is gone, or its host has crashed. */
void hein_sim_forget_bus (HeinSimBus *bus);
/* Those of the same host that were cut off, or whose way has changed, try
 * again. */
void hein_sim_dials_go_on (HeinSim *self);

G_END_DECLS
