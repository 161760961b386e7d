/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* A hub and a sensor, on two hosts of a simulation. */

G_BEGIN_DECLS

#define SIM_NET_HUB "tcp://hub:5555?plaintext=yes"

typedef struct
{
  HeinSimulation *net; /* owned */
  HeinBus *hub;        /* owned */
  HeinBus *sensor;     /* owned, on the host roof */
  guint n_messages;    /* that both were given */
  guint n_added;       /* peers, of both */
  guint n_removed;
  GError *error; /* owned, nullable: why the last one was */
} SimNet;

/* The hub listens, and the sensor dials: they are not connected yet. */
void sim_net_init (SimNet *self, const char *uri, guint64 seed);
void sim_net_clear (SimNet *self);
/* Its peers and messages are counted, too. */
HeinBus *sim_net_make_bus (SimNet *self, const char *host);
/* Runs until both have a peer more. */
void sim_net_connect (SimNet *self);
/* From the sensor. */
void sim_net_send (SimNet *self, guint n);
void sim_net_send_from (HeinBus *bus, guint n);

/* For hein_simulation_run_until; @data: a SimNet. */
gboolean sim_net_is_connected (HeinSimulation *net, gpointer data);
gboolean sim_net_is_parted (HeinSimulation *net, gpointer data);

G_END_DECLS
