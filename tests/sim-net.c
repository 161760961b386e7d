/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-net.h"

/* A hub and a sensor, on two hosts of a simulation. */

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  SimNet *self = data;

  self->n_messages++;
}

static void
on_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  SimNet *self = data;

  self->n_added++;
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *error, gpointer data)
{
  SimNet *self = data;

  self->n_removed++;
  g_clear_error (&self->error);
  if (error != NULL)
    self->error = g_error_copy (error);
}

HeinBus *
sim_net_make_bus (SimNet *self, const char *host)
{
  HeinBus *bus;

  hein_simulation_set_host (self->net, host);
  bus = hein_bus_new (host);
  g_signal_connect (bus, "message", G_CALLBACK (on_message), self);
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_added), self);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_removed), self);
  return bus;
}

void
sim_net_init (SimNet *self, const char *uri, guint64 seed)
{
  g_autoptr (GError) error = NULL;

  *self = (SimNet){ .net = hein_simulation_new (seed) };
  hein_simulation_begin_trace (self->net);
  self->hub = sim_net_make_bus (self, "hub");
  hein_bus_listen (self->hub, uri, &error);
  g_assert_no_error (error);
  self->sensor = sim_net_make_bus (self, "roof");
  hein_bus_dial (self->sensor, uri, &error);
  g_assert_no_error (error);
}

void
sim_net_clear (SimNet *self)
{
  g_clear_object (&self->sensor);
  g_clear_object (&self->hub);
  g_clear_object (&self->net);
  g_clear_error (&self->error);
}

void
sim_net_send_from (HeinBus *bus, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");
      g_autoptr (GError) error = NULL;

      hein_bus_send (bus, message, &error);
      g_assert_no_error (error);
    }
}

void
sim_net_send (SimNet *self, guint n)
{
  sim_net_send_from (self->sensor, n);
}

gboolean
sim_net_is_connected (HeinSimulation *net, gpointer data)
{
  const SimNet *self = data;

  return self->n_added == 2;
}

gboolean
sim_net_is_parted (HeinSimulation *net, gpointer data)
{
  const SimNet *self = data;

  return self->n_removed == 2;
}

void
sim_net_connect (SimNet *self)
{
  g_assert_true (hein_simulation_run_until (self->net, 30 * 1000,
                                            sim_net_is_connected, self));
}
