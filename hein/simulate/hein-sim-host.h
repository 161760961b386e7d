/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "io/hein-world-net.h"

/* The machines of a simulation, and the ways between them. */

G_BEGIN_DECLS

typedef struct
{
  char *name;
  guint number; /* its place in the list of all */
  GInetAddress *ip;
  gboolean is_paused;  /* its programs get no processor */
  gboolean is_crashed; /* its programs are gone */
  guint16 last_port;   /* of those that were given to who asked for any */
  guint16 last_udp_port;
} HeinSimHost;

/* From one host to another; both directions have one. */
typedef struct
{
  gint64 delay_us;
  gint64 jitter_us; /* up to so much is added, at random */
  gint64 rate;      /* bytes in a second; 0: any number */
  gboolean is_cut;  /* nothing gets through */
  gint64 n_left;    /* bytes until a connection is cut; -1: it is not */
  /* Of datagrams alone: parts of all, from 0 to 1. */
  double lost;
  double doubled;
  double late;    /* what is sent behind them arrives before them */
  gint64 free_us; /* when the line has sent those that were given to it */
} HeinSimWay;

typedef struct
{
  GPtrArray *hosts;  /* owned HeinSimHost */
  GHashTable *ways;  /* of those that were changed: owned HeinSimWay */
  HeinSimWay usual;  /* all others */
  HeinSimWay within; /* from a host to itself */
} HeinSimMap;

void hein_sim_map_init (HeinSimMap *self);
void hein_sim_map_clear (HeinSimMap *self);
/* Returns the host of that name or address, which is made when it is new: so
 * nobody has to say beforehand which hosts there are. */
HeinSimHost *hein_sim_map_get_host (HeinSimMap *self, const char *name);
/* Returns the host that @address means for a program on @here: "", "*",
 * "localhost" and their like mean @here itself. */
HeinSimHost *hein_sim_map_look_up (HeinSimMap *self,
                                   HeinSimHost *here,
                                   const HeinWorldAddress *address);
/* The address under which @here knows it. */
GSocketAddress *hein_sim_host_make_address (HeinSimHost *self,
                                            const HeinWorldAddress *address,
                                            int port);
const HeinSimWay *hein_sim_map_get_way (HeinSimMap *self,
                                        const HeinSimHost *from,
                                        const HeinSimHost *to);
HeinSimWay *hein_sim_map_edit_way (HeinSimMap *self,
                                   const HeinSimHost *from,
                                   const HeinSimHost *to);

G_END_DECLS
