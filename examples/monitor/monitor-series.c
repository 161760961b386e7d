/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-series.h"

#include <math.h>

/* Keeps the last values of a figure in a ring. */

struct _MonitorSeries
{
  GObject parent_instance;

  char *name;
  double values[MONITOR_SERIES_MAX];
  guint n_values;
  guint next; /* where the next value goes */
};

G_DEFINE_FINAL_TYPE (MonitorSeries, monitor_series, G_TYPE_OBJECT)

static void
monitor_series_finalize (GObject *object)
{
  g_free (MONITOR_SERIES (object)->name);
  G_OBJECT_CLASS (monitor_series_parent_class)->finalize (object);
}

static void
monitor_series_class_init (MonitorSeriesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = monitor_series_finalize;
}

static void
monitor_series_init (MonitorSeries *self)
{
}

MonitorSeries *
monitor_series_new (const char *name)
{
  MonitorSeries *self = g_object_new (MONITOR_TYPE_SERIES, NULL);

  self->name = g_strdup (name);
  return self;
}

const char *
monitor_series_get_name (MonitorSeries *self)
{
  return self->name;
}

void
monitor_series_add (MonitorSeries *self, double value)
{
  self->values[self->next] = value;
  self->next = (self->next + 1) % MONITOR_SERIES_MAX;
  self->n_values = MIN (self->n_values + 1, MONITOR_SERIES_MAX);
}

guint
monitor_series_get_n_values (MonitorSeries *self)
{
  return self->n_values;
}

double
monitor_series_get_value (MonitorSeries *self, guint index)
{
  g_return_val_if_fail (index < self->n_values, NAN);

  return self
    ->values[(self->next + MONITOR_SERIES_MAX - self->n_values + index) %
             MONITOR_SERIES_MAX];
}

double
monitor_series_get_last (MonitorSeries *self)
{
  return self->n_values > 0
           ? monitor_series_get_value (self, self->n_values - 1)
           : NAN;
}
