/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "monitor-series.h"

/* A bus as the window shows it: one of this program, or of another one. */

G_BEGIN_DECLS

#define MONITOR_TYPE_BUS (monitor_bus_get_type ())
G_DECLARE_DERIVABLE_TYPE (MonitorBus, monitor_bus, MONITOR, BUS, GObject)

struct _MonitorBusClass
{
  GObjectClass parent_class;

  /* Looks at the bus; ends by calling monitor_bus_tell or _tell_problem. */
  void (*refresh) (MonitorBus *self);
};

/* What has been counted since the bus was made. */
typedef struct
{
  guint64 sent;
  guint64 received;
  guint64 dropped;
  guint64 queued_bytes;
} MonitorCounts;

typedef enum
{
  MONITOR_FIGURE_SENT,     /* messages per second */
  MONITOR_FIGURE_RECEIVED, /* messages per second */
  MONITOR_FIGURE_LOST,     /* messages per second */
  MONITOR_FIGURE_QUEUED,   /* bytes */
  MONITOR_N_FIGURES
} MonitorFigure;

void monitor_bus_refresh (MonitorBus *self);

const char *monitor_bus_get_name (MonitorBus *self);
/* Where it is, in a line. */
const char *monitor_bus_get_detail (MonitorBus *self);
/* What is wrong with it; NULL: nothing. */
const char *monitor_bus_get_problem (MonitorBus *self);
/* Of MonitorPeer. */
GListModel *monitor_bus_get_peers (MonitorBus *self);
guint64 monitor_bus_get_dropped (MonitorBus *self);
/* Whether it has lost messages within the last seconds. */
gboolean monitor_bus_is_losing (MonitorBus *self);
MonitorSeries *monitor_bus_get_series (MonitorBus *self, MonitorFigure figure);
/* What another program would dial; NULL: it listens nowhere. */
const char *monitor_bus_get_address (MonitorBus *self);
/* Of how many peers it is not shown who they are. */
guint64 monitor_bus_get_n_hidden (MonitorBus *self);

/* For classes of buses. Texts are made printable. */
void monitor_bus_set_name (MonitorBus *self, const char *name);
void monitor_bus_set_detail (MonitorBus *self, const char *detail);
void monitor_bus_set_address (MonitorBus *self, const char *address);
void monitor_bus_set_peers (MonitorBus *self, GListModel *peers);
void monitor_bus_set_n_hidden (MonitorBus *self, guint64 n_hidden);
/* Ends a refresh; emits "changed". */
void monitor_bus_tell (MonitorBus *self, const MonitorCounts *counts);
void monitor_bus_tell_problem (MonitorBus *self, const char *problem);

G_END_DECLS
