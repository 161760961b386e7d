/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* Connections: what one end writes, the other end reads later. */

G_BEGIN_DECLS

/* Makes a connection, and returns the descriptors of its two ends. */
void hein_sim_connect (
  HeinSim *self, HeinSimHost *from, HeinSimHost *to, int *from_fd, int *to_fd);
/* A way has changed: what waits may go on. */
void hein_sim_connections_go_on (HeinSim *self);
/* Cuts those between the two hosts; @other NULL: all of @host. */
void hein_sim_connections_cut (HeinSim *self,
                               const HeinSimHost *host,
                               const HeinSimHost *other);
void hein_sim_connections_clear (HeinSim *self);

G_END_DECLS
