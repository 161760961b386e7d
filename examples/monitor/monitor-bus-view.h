/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-bus.h"

/* Everything about one bus, on pages. */

G_BEGIN_DECLS

#define MONITOR_TYPE_BUS_VIEW (monitor_bus_view_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorBusView, monitor_bus_view, MONITOR, BUS_VIEW, GtkBox)

GtkWidget *monitor_bus_view_new (MonitorBus *bus);
MonitorBus *monitor_bus_view_get_bus (MonitorBusView *self);
/* "peers", "topics", "plots" or "send". */
const char *monitor_bus_view_get_page (MonitorBusView *self);
void monitor_bus_view_set_page (MonitorBusView *self, const char *page);
/* It fills the window alone. */
void monitor_bus_view_set_narrow (MonitorBusView *self, gboolean is_narrow);

G_END_DECLS
