/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-sim-host.h"
#include "hein-sim-trace.h"
#include "io/hein-loop.h"
#include "io/hein-timers.h"
#include "io/hein-world-net.h"

/* What the parts of a simulation share. */

G_BEGIN_DECLS

typedef struct _HeinSim HeinSim;
typedef struct _HeinSimBus HeinSimBus;
typedef struct _HeinSimWitness HeinSimWitness;

struct _HeinSimBus
{
  HeinWorldPlace place;
  HeinSimHost *host; /* borrowed */
  HeinSim *sim;
  HeinWorldTurnFunc turn;
  gpointer bus;
  HeinSimWitness *witness; /* borrowed; NULL: there is none */
  HeinTimer due;           /* of the timers of its loop */
  GQueue streams;          /* borrowed: those that its loop watches */
  GQueue ready;            /* those of them that are ready */
  gboolean is_woken;
  gboolean is_due;
  gboolean is_turning; /* a turn of it is on the stack */
  gboolean is_stuck;   /* such a turn that the simulation has not begun */
  GList in_sim;
  GList in_queue; /* data: it is to be turned */
};

/* What of the program goes by main contexts: see hein-sim-source.h. */
typedef struct
{
  HeinSim *sim;
  GMainContext *context; /* owned: its own one */
  GHashTable *by_source; /* owned: sources that wait for a time */
  HeinTimers waiting;    /* the same, by time */
  HeinTimer due;         /* of the first of them */
  GArray *polled;        /* owned: GPollFD, room for those of the context */
  gint64 turned_us;      /* when the context was iterated last */
  guint n_turns;         /* at that time */
  int depth; /* of the iteration by the simulation; -1: there is none */
} HeinSimProgram;

struct _HeinSim
{
  HeinWorld world;
  GObject *owner; /* borrowed: this is a part of it */
  gboolean is_open;
  gboolean keeps_spares; /* for the next one */
  HeinSimMap map;
  HeinTimers timers;
  int epoll_fd; /* of the real descriptors of all buses */
  GQueue buses; /* owned HeinSimBus, oldest first */
  GQueue queue; /* borrowed: those that are to be turned */
  GSList *busy; /* borrowed: whose turn or wait is on the stack; NULL: it has
                   left since */
  gboolean has_stuck;
  guint n_steps;             /* since descriptors were looked at */
  GQueue ports;              /* owned, of hein-sim-port.c */
  GQueue dials;              /* owned, of hein-sim-port.c */
  GQueue streams;            /* owned, of hein-sim-stream.c */
  GHashTable *streams_by_fd; /* borrowed */
  GQueue sockets;            /* borrowed, of hein-sim-socket.c */
  GQueue flights;            /* owned: datagrams on their way */
  HeinSimProgram program;
  GSource *driver;   /* owned: of hein-sim-driver.c */
  HeinSimHost *here; /* where buses are made: borrowed */
  HeinSimTrace trace;
};

static inline HeinSimBus *
hein_sim_bus_from_place (HeinWorldPlace *place)
{
  return HEIN_CONTAINER (place, HeinSimBus, place);
}

/* Writes down what has happened, if somebody wants to know; the text goes on
 * behind the name of the host. */
G_GNUC_PRINTF (3, 4)
void
hein_sim_note (HeinSim *self, const HeinSimNote *note, const char *format, ...);
/* Whether it has something to do. */
gboolean hein_sim_bus_has_work (const HeinSimBus *self);
/* Neither in a turn, nor paused, nor crashed. */
gboolean hein_sim_bus_may_turn (const HeinSimBus *self);
/* Has it turned, if it has something to do; to be called when it may have. */
void hein_sim_bus_queue (HeinSimBus *self);
void hein_sim_bus_unqueue (HeinSimBus *self);
/* How long something that leaves now is on its way. */
gint64 hein_sim_draw_delay (HeinSim *self, const HeinSimWay *way);

G_END_DECLS
