/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "monitor-series.h"

/* A plot of the last two minutes. */

G_BEGIN_DECLS

typedef enum
{
  MONITOR_COLOR_BLUE,
  MONITOR_COLOR_GREEN,
  MONITOR_COLOR_RED,
  MONITOR_COLOR_PURPLE
} MonitorColor;

#define MONITOR_TYPE_PLOT (monitor_plot_get_type ())
G_DECLARE_FINAL_TYPE (MonitorPlot, monitor_plot, MONITOR, PLOT, GtkWidget)

/* @title: what a reader is told that it is. */
GtkWidget *monitor_plot_new (const char *title);
/* At most 4. */
void
monitor_plot_add (MonitorPlot *self, MonitorSeries *series, MonitorColor color);
void monitor_plot_clear (MonitorPlot *self);
/* The series have changed. */
void monitor_plot_update (MonitorPlot *self);

G_END_DECLS
