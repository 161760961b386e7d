/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* The last values of a figure, one per second, for a plot. */

G_BEGIN_DECLS

/* How many values are kept: those of two minutes. */
#define MONITOR_SERIES_MAX 120

#define MONITOR_TYPE_SERIES (monitor_series_get_type ())
G_DECLARE_FINAL_TYPE (MonitorSeries, monitor_series, MONITOR, SERIES, GObject)

/* @name: what a reader is told that it is. */
MonitorSeries *monitor_series_new (const char *name);
const char *monitor_series_get_name (MonitorSeries *self);
/* @value: NAN where there is none. */
void monitor_series_add (MonitorSeries *self, double value);
guint monitor_series_get_n_values (MonitorSeries *self);
/* @index: 0 is the oldest one that is kept. */
double monitor_series_get_value (MonitorSeries *self, guint index);
/* NAN: there is none. */
double monitor_series_get_last (MonitorSeries *self);

G_END_DECLS
