/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim.h"

/* Connections, as two streams in memory: implements the functions of
 * HeinWorldFuncs of the same names. */

G_BEGIN_DECLS

/* Makes a connection, and returns its two ends. @is_local: by a path of the
 * file system. */
void hein_sim_connect (HeinSim *self,
                       HeinSimHost *from,
                       HeinSimHost *to,
                       gboolean is_local,
                       HeinStream **from_end,
                       HeinStream **to_end);
/* A way has changed: what waits may go on. */
void hein_sim_streams_go_on (HeinSim *self);
/* Resets those between the two hosts, at once; @other NULL: all of @host. */
void hein_sim_streams_cut (HeinSim *self,
                           const HeinSimHost *host,
                           const HeinSimHost *other);
/* The programs of @host are gone. @is_sent: what they have written gets out,
 * behind it the end; else the others get a reset alone. */
void hein_sim_streams_kill (HeinSim *self,
                            const HeinSimHost *host,
                            gboolean is_sent);
/* The simulation is over, and the streams are not. */
void hein_sim_streams_clear (HeinSim *self);

void hein_sim_watch (HeinWorldPlace *place, HeinWatch *watch);
void hein_sim_unwatch (HeinWorldPlace *place, HeinWatch *watch);
int
hein_sim_fetch (HeinWorldPlace *place, struct epoll_event *ready, int n_max);
gsize hein_sim_count_unsent (HeinWorld *world, int fd);
gboolean hein_sim_was_reset (HeinWorld *world, int fd);
/* The bus leaves, before its streams. */
void hein_sim_streams_forget_bus (HeinSimBus *bus);

G_END_DECLS
