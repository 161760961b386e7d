/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-attached.h"

/* The page with the topics of an attached bus. */

G_BEGIN_DECLS

#define MONITOR_TYPE_TOPICS_PAGE (monitor_topics_page_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorTopicsPage, monitor_topics_page, MONITOR, TOPICS_PAGE, AdwBin)

GtkWidget *monitor_topics_page_new (MonitorAttached *bus);
/* There is little room: the value stands below the tree. */
void monitor_topics_page_set_narrow (MonitorTopicsPage *self,
                                     gboolean is_narrow);

G_END_DECLS
