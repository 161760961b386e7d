/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-attached.h"

/* The latest message of a topic, decoded. */

G_BEGIN_DECLS

#define MONITOR_TYPE_TOPIC_VIEW (monitor_topic_view_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorTopicView, monitor_topic_view, MONITOR, TOPIC_VIEW, AdwBin)

GtkWidget *monitor_topic_view_new (MonitorAttached *bus);
/* @topic: NULL: none is chosen. */
void monitor_topic_view_set_topic (MonitorTopicView *self, MonitorTopic *topic);

G_END_DECLS
