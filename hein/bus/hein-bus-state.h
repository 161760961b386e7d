/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-bus.h>

#include "core/hein-core-state.h"
#include "inspect/hein-inspect.h"
#include "io/hein-loop.h"

/* The instance struct of HeinBus: its core (links, peers, queues) and the part
 * that faces the application (handler, GSource, pending closes). */

G_BEGIN_DECLS

/* What hein_bus_set_handler was given. Reference-counted (g_rc_box_acquire),
 * because a handler may replace itself while it runs, and its data must outlive
 * the call. */
typedef struct
{
  HeinMessageFunc func;
  gpointer data;
  GDestroyNotify destroy; /* nullable */
} HeinHandler;

struct _HeinBus
{
  GObject parent_instance;

  HeinCore core;

  /* owner context: turning */
  GSource *source;
  gboolean is_abandoned; /* to be torn down at the end of this turn */
  int is_left; /* atomic: a reference is held until the owner tears it down */
  gboolean is_tearing_down;

  /* owner context: delivery */
  GPtrArray *batch;     /* reused for each `messages` emission; nullable */
  gboolean was_told;    /* a C handler ran for the message being emitted */
  HeinHandler *handler; /* owned, nullable */

  /* owner context: closing */
  GQueue closes; /* owned HeinCall, by its link */
  HeinTimer close_timer;

  /* owner context */
  HeinInspect *inspect; /* owned; NULL: nobody can look into the bus */
};

typedef enum
{
  HEIN_SIGNAL_PEER_ADDED,
  HEIN_SIGNAL_PEER_REMOVED,
  HEIN_SIGNAL_MESSAGE,
  HEIN_SIGNAL_MESSAGES,
  HEIN_SIGNAL_READY,
  HEIN_SIGNAL_DROPPED,
  HEIN_SIGNAL_MESSAGES_LOST,
  HEIN_SIGNAL_LATEST_GONE,
  HEIN_SIGNAL_FAILED,
  HEIN_SIGNAL_SETTLED,
  HEIN_N_SIGNALS
} HeinSignal;

static inline HeinBus *
hein_bus_of_core (HeinCore *core)
{
  return core->bus;
}

G_END_DECLS
