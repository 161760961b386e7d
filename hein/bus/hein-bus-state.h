/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-bus.h>

#include "core/hein-core-state.h"
#include "io/hein-loop.h"

G_BEGIN_DECLS

/* What a bus holds besides its core: what an application gives and is told. */

/* What hein_bus_set_handler was given, in a counted box (g_rc_box_acquire): it
 * may be replaced by the very function that runs, whose data has to stay. */
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
  gboolean is_abandoned; /* to be taken apart when the turn ends */
  int is_left; /* atomic: a reference is kept until the owner does that */
  gboolean is_tearing_down;

  /* owner context: telling */
  GPtrArray *batch;     /* of one `messages` emission; borrowed */
  gboolean was_told;    /* a handler in C was called for a message */
  HeinHandler *handler; /* owned, nullable */

  /* owner context: the end */
  GQueue closes; /* owned HeinCall by link */
  HeinTimer close_timer;
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
  HEIN_SIGNAL_FAILED,
  HEIN_N_SIGNALS
} HeinSignal;

static inline HeinBus *
hein_bus_of_core (HeinCore *core)
{
  return core->bus;
}

G_END_DECLS
