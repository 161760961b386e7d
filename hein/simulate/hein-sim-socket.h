/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* Sockets of datagrams: implements `open` of HeinWorldFuncs. */

G_BEGIN_DECLS

HeinWorldSocket *hein_sim_open (HeinWorldPlace *place,
                                const struct sockaddr *address,
                                void (*ready) (gpointer data),
                                gpointer data);
/* The programs of @host are gone. @is_sent: what they have sent gets out. */
void hein_sim_sockets_kill (HeinSim *self,
                            const HeinSimHost *host,
                            gboolean is_sent);
/* The simulation is over, and the sockets are not. */
void hein_sim_sockets_clear (HeinSim *self);

G_END_DECLS
