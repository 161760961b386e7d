/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-bus.h"

#include <math.h>
#include <string.h>

#include "monitor-rate.h"
#include "monitor-text.h"

/* Keeps what is known of a bus, and the last two minutes of its figures. */

/* For so many seconds a loss is news. */
#define LOSS_SECONDS 5

typedef struct
{
  char *name;
  char *detail;
  char *address; /* nullable */
  char *problem; /* nullable */
  GListModel *peers;
  guint64 n_hidden;
  guint64 dropped;
  MonitorRate rates[MONITOR_N_FIGURES]; /* but of what is queued */
  MonitorSeries *series[MONITOR_N_FIGURES];
} MonitorBusPrivate;

static guint changed_signal;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (MonitorBus, monitor_bus, G_TYPE_OBJECT)

static void
monitor_bus_finalize (GObject *object)
{
  MonitorBusPrivate *self =
    monitor_bus_get_instance_private (MONITOR_BUS (object));

  g_free (self->name);
  g_free (self->detail);
  g_free (self->address);
  g_free (self->problem);
  g_clear_object (&self->peers);
  for (guint i = 0; i < MONITOR_N_FIGURES; i++)
    g_clear_object (&self->series[i]);
  G_OBJECT_CLASS (monitor_bus_parent_class)->finalize (object);
}

static void
monitor_bus_class_init (MonitorBusClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = monitor_bus_finalize;
  changed_signal = g_signal_new ("changed", MONITOR_TYPE_BUS, G_SIGNAL_RUN_LAST,
                                 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
monitor_bus_init (MonitorBus *bus)
{
  static const char *const names[MONITOR_N_FIGURES] = { "Sent", "Received",
                                                        "Lost", "Queued" };
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  self->name = g_strdup ("");
  self->detail = g_strdup ("");
  for (guint i = 0; i < MONITOR_N_FIGURES; i++)
    self->series[i] = monitor_series_new (names[i]);
}

void
monitor_bus_refresh (MonitorBus *self)
{
  MONITOR_BUS_GET_CLASS (self)->refresh (self);
}

const char *
monitor_bus_get_name (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->name;
}

const char *
monitor_bus_get_detail (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->detail;
}

const char *
monitor_bus_get_problem (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->problem;
}

GListModel *
monitor_bus_get_peers (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->peers;
}

guint64
monitor_bus_get_dropped (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->dropped;
}

gboolean
monitor_bus_is_losing (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);
  MonitorSeries *lost = self->series[MONITOR_FIGURE_LOST];
  const guint n = monitor_series_get_n_values (lost);

  for (guint i = 1; i <= MIN (n, LOSS_SECONDS); i++)
    if (monitor_series_get_value (lost, n - i) > 0)
      return TRUE;
  return FALSE;
}

MonitorSeries *
monitor_bus_get_series (MonitorBus *bus, MonitorFigure figure)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->series[figure];
}

const char *
monitor_bus_get_address (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->address;
}

guint64
monitor_bus_get_n_hidden (MonitorBus *bus)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  return self->n_hidden;
}

static void
set_text (char **to, const char *text)
{
  g_free (*to);
  *to = text != NULL ? monitor_text_dup_printable (text, strlen (text), FALSE)
                     : NULL;
}

void
monitor_bus_set_name (MonitorBus *bus, const char *name)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  set_text (&self->name, name);
}

void
monitor_bus_set_detail (MonitorBus *bus, const char *detail)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  set_text (&self->detail, detail);
}

void
monitor_bus_set_address (MonitorBus *bus, const char *address)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  set_text (&self->address, address);
}

void
monitor_bus_set_peers (MonitorBus *bus, GListModel *peers)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  g_set_object (&self->peers, peers);
}

void
monitor_bus_set_n_hidden (MonitorBus *bus, guint64 n_hidden)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  self->n_hidden = n_hidden;
}

static void
note_rate (MonitorBusPrivate *self, MonitorFigure figure, guint64 count)
{
  MonitorRate *rate = &self->rates[figure];
  const gboolean is_first = rate->time_us == 0;

  monitor_rate_update (rate, count, g_get_monotonic_time ());
  if (!is_first)
    monitor_series_add (self->series[figure], rate->per_second);
}

void
monitor_bus_tell (MonitorBus *bus, const MonitorCounts *counts)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  g_clear_pointer (&self->problem, g_free);
  self->dropped = counts->dropped;
  note_rate (self, MONITOR_FIGURE_SENT, counts->sent);
  note_rate (self, MONITOR_FIGURE_RECEIVED, counts->received);
  note_rate (self, MONITOR_FIGURE_LOST, counts->dropped);
  monitor_series_add (self->series[MONITOR_FIGURE_QUEUED],
                      (double) counts->queued_bytes);
  g_signal_emit (bus, changed_signal, 0);
}

void
monitor_bus_tell_problem (MonitorBus *bus, const char *problem)
{
  MonitorBusPrivate *self = monitor_bus_get_instance_private (bus);

  set_text (&self->problem, problem);
  for (guint i = 0; i < MONITOR_N_FIGURES; i++)
    monitor_series_add (self->series[i], NAN);
  g_signal_emit (bus, changed_signal, 0);
}
