/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "monitor-bus.h"

/* A bus in the list of buses. */

G_BEGIN_DECLS

#define MONITOR_TYPE_BUS_ROW (monitor_bus_row_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorBusRow, monitor_bus_row, MONITOR, BUS_ROW, GtkListBoxRow)

GtkWidget *monitor_bus_row_new (MonitorBus *bus);
MonitorBus *monitor_bus_row_get_bus (MonitorBusRow *self);

G_END_DECLS
