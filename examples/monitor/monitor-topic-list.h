/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "monitor-topics.h"

/* A list of topics as a tree, each with its latest value. */

G_BEGIN_DECLS

/* A GtkListView of which one row is chosen. */
GtkWidget *monitor_topic_list_new (MonitorTopics *topics);
/* NULL: none is chosen. */
MonitorTopic *monitor_topic_list_get_chosen (GtkListView *view);

G_END_DECLS
