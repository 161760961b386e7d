/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim-host.h"
#include "io/hein-loop.h"
#include "io/hein-timers.h"
#include "io/hein-world-net.h"

/* What the parts of a simulation share. */

G_BEGIN_DECLS

typedef struct _HeinSim HeinSim;
typedef struct _HeinSimBus HeinSimBus;
typedef struct _HeinSimWatch HeinSimWatch;

/* A descriptor that the simulation waits for, embedded in its owner. */
struct _HeinSimWatch
{
  int fd;
  guint32 events; /* 0: it is not watched */
  void (*ready) (HeinSimWatch *self);
};

struct _HeinSimBus
{
  HeinWorldPlace place;
  HeinSimHost *host; /* borrowed */
  HeinSimWatch watch;
  HeinSim *sim;
  void (*turn) (gpointer bus);
  gpointer bus;
  gboolean is_turning; /* a turn of it is on the stack */
  GList in_sim;
};

struct _HeinSim
{
  HeinWorld world;
  HeinSimMap map;
  HeinTimers timers;
  int epoll_fd;
  GQueue buses;       /* owned HeinSimBus, oldest first */
  GQueue ports;       /* owned, of hein-sim-port.c */
  GQueue dials;       /* owned, of hein-sim-port.c */
  GQueue connections; /* owned, of hein-sim-connection.c */
  HeinSimHost *here;  /* where buses are made: borrowed */
  GString *trace;     /* owned; NULL: nobody wants one */
};

/* @events: EPOLLIN, EPOLLOUT; 0: no longer. */
void hein_sim_watch (HeinSim *self, HeinSimWatch *watch, guint32 events);
G_GNUC_PRINTF (2, 3)
void hein_sim_note (HeinSim *self, const char *format, ...);
/* Neither in a turn, nor paused, nor crashed. */
gboolean hein_sim_bus_may_turn (const HeinSimBus *self);
/* To be called when that may have changed. */
void hein_sim_bus_watch (HeinSimBus *self);
/* How long something that leaves now is on its way. */
gint64 hein_sim_draw_delay (HeinSim *self, const HeinSimWay *way);

G_END_DECLS
