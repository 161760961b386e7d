/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "monitor-bus.h"

/* The page with the plots of a bus. */

G_BEGIN_DECLS

#define MONITOR_TYPE_PLOTS_PAGE (monitor_plots_page_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorPlotsPage, monitor_plots_page, MONITOR, PLOTS_PAGE, AdwBin)

GtkWidget *monitor_plots_page_new (MonitorBus *bus);
/* The bus has changed. */
void monitor_plots_page_update (MonitorPlotsPage *self);

G_END_DECLS
