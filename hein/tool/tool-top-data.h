/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-control.h"

/* What `hein top` shows: buses and peers, their counters, and how fast these
 * grow. */

G_BEGIN_DECLS

/* A bus, or a peer of one. */
typedef struct
{
  char *name;
  char *program;   /* of a bus; nullable */
  char *problem;   /* nullable: why the bus does not answer */
  const char *bus; /* of a peer: the name of its bus; borrowed */
  pid_t pid;
  guint64 n_peers; /* of a bus */
  guint64 queued_bytes;
  guint64 n_sent;
  guint64 n_received;
  guint64 n_dropped;
  gint64 rtt_us; /* of a peer; -1: not measured */
  char *losses;  /* how many, and why: "3 overflow" */

  /* per second, since the last round */
  double sent_rate;
  double received_rate;
  double dropped_rate;

  gint64 at_us; /* when this was said; 0: never */
  guint round;  /* in which it was said last */
} ToolTopItem;

typedef struct
{
  GHashTable *buses;  /* owned path of the socket -> owned ToolTopItem */
  GHashTable *peers;  /* owned key -> owned ToolTopItem */
  GPtrArray *bus_row; /* owned: borrowed, in the order of the processes */
  GPtrArray
    *peer_row; /* owned: borrowed, those that one should look at first */
  guint round;
  guint peers_round; /* in which peers were asked for last */
} ToolTopData;

void tool_top_data_init (ToolTopData *self);
void tool_top_data_clear (ToolTopData *self);
/* Asks all buses, or those that @who (nullable) names, and waits @patience_us
 * for an answer at most. FALSE: it cannot be told which there are, and it has
 * complained. */
gboolean
tool_top_data_collect (ToolTopData *self, const char *who, gint64 patience_us);

G_END_DECLS
