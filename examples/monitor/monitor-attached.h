/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "monitor-bus.h"
#include "monitor-topics.h"

/* A bus of this program, which sees messages. */

G_BEGIN_DECLS

#define MONITOR_TYPE_ATTACHED (monitor_attached_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorAttached, monitor_attached, MONITOR, ATTACHED, MonitorBus)

/* Makes a bus called @name that listens on @uri or dials it, and takes the
 * topics that begin with @prefix. NULL with @error. */
MonitorAttached *monitor_attached_new (const char *name,
                                       const char *uri,
                                       gboolean listens,
                                       const char *prefix,
                                       GError **error);
/* Says goodbye; the bus is closed when that is done. */
void monitor_attached_close (MonitorAttached *self);
/* The same when the program ends: waits for that, for a moment at most. */
void monitor_attached_finish (MonitorAttached *self);

MonitorTopics *monitor_attached_get_topics (MonitorAttached *self);
HeinPeers *monitor_attached_get_hein_peers (MonitorAttached *self);
/* @name: of the only peer that gets it; NULL: all do. */
gboolean monitor_attached_send (MonitorAttached *self,
                                const char *name,
                                HeinMessage *message,
                                GError **error);

/* The topic whose number is kept each second, for a plot; NULL: none. */
void monitor_attached_set_plotted (MonitorAttached *self, MonitorTopic *topic);
MonitorTopic *monitor_attached_get_plotted (MonitorAttached *self);
/* NULL: none is plotted. */
MonitorSeries *monitor_attached_get_plot (MonitorAttached *self);

G_END_DECLS
