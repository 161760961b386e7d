/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <hein/hein.h>

/* A network in virtual time. */

#define HUB "tcp://hub:5555?plaintext=yes"

typedef struct
{
  HeinSimulation *net;
  HeinBus *hub;
  HeinBus *sensor;
  guint n_messages;
  guint n_added;
  guint n_removed;
} Net;

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Net *net = data;

  net->n_messages++;
}

static void
on_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  Net *net = data;

  net->n_added++;
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *error, gpointer data)
{
  Net *net = data;

  net->n_removed++;
}

static HeinBus *
make_bus (Net *net, const char *host)
{
  HeinBus *bus;

  hein_simulation_set_host (net->net, host);
  bus = hein_bus_new (host);
  g_signal_connect (bus, "peer-added", G_CALLBACK (on_added), net);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_removed), net);
  return bus;
}

static void
net_init (Net *net, guint64 seed)
{
  g_autoptr (GError) error = NULL;

  *net = (Net){ .net = hein_simulation_new (seed) };
  hein_simulation_begin_trace (net->net);
  net->hub = make_bus (net, "hub");
  g_signal_connect (net->hub, "message", G_CALLBACK (on_message), net);
  hein_bus_listen (net->hub, HUB, &error);
  g_assert_no_error (error);
  net->sensor = make_bus (net, "roof");
  hein_bus_dial (net->sensor, HUB, &error);
  g_assert_no_error (error);
}

static void
net_clear (Net *net)
{
  g_clear_object (&net->sensor);
  g_clear_object (&net->hub);
  g_clear_object (&net->net);
}

static void
send_some (Net *net, guint n)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");

      hein_bus_send (net->sensor, message, &error);
      g_assert_no_error (error);
    }
}

static gboolean
is_connected (HeinSimulation *self, gpointer data)
{
  const Net *net = data;

  return net->n_added == 2;
}

static void
test_messages (void)
{
  Net net;

  net_init (&net, 1);
  g_assert_true (hein_simulation_run_until (net.net, 1000, is_connected, &net));
  send_some (&net, 3);
  g_assert_cmpuint (net.n_messages, ==, 0);
  hein_simulation_run (net.net, 10);
  g_assert_cmpuint (net.n_messages, ==, 3);
  net_clear (&net);
}

static void
connect (Net *net)
{
  g_assert_true (
    hein_simulation_run_until (net->net, 30 * 1000, is_connected, net));
}

static gboolean
is_disconnected (HeinSimulation *self, gpointer data)
{
  const Net *net = data;

  return net->n_removed == 2;
}

static const char *const hubs[] = { "hub", NULL };
static const char *const roofs[] = { "roof", NULL };

/* What is sent while a cable is pulled arrives when it is plugged in again. */
static void
test_short_partition (void)
{
  Net net;

  net_init (&net, 2);
  connect (&net);
  hein_simulation_partition (net.net, hubs, roofs);
  send_some (&net, 3);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 0);
  hein_simulation_heal (net.net);
  hein_simulation_run (net.net, 10);
  g_assert_cmpuint (net.n_messages, ==, 3);
  g_assert_cmpuint (net.n_removed, ==, 0);
  net_clear (&net);
}

/* Heartbeats find out, and both ends meet again. */
static void
test_long_partition (void)
{
  Net net;

  net_init (&net, 3);
  connect (&net);
  hein_simulation_partition (net.net, hubs, roofs);
  g_assert_true (
    hein_simulation_run_until (net.net, 10 * 60 * 1000, is_disconnected, &net));
  net.n_added = 0;
  hein_simulation_heal (net.net);
  connect (&net);
  send_some (&net, 1);
  hein_simulation_run (net.net, 10);
  g_assert_cmpuint (net.n_messages, ==, 1);
  net_clear (&net);
}

static void
test_cut (void)
{
  Net net;

  net_init (&net, 4);
  connect (&net);
  hein_simulation_cut (net.net, "roof", NULL);
  g_assert_true (
    hein_simulation_run_until (net.net, 1000, is_disconnected, &net));
  net.n_added = 0;
  connect (&net);
  net_clear (&net);
}

static void
test_crash (void)
{
  g_autoptr (GError) error = NULL;
  Net net;

  net_init (&net, 5);
  connect (&net);
  hein_simulation_crash (net.net, "hub");
  hein_simulation_run (net.net, 5000);
  /* the one that crashed is told nothing */
  g_assert_cmpuint (net.n_removed, ==, 1);
  hein_simulation_restart (net.net, "hub");
  g_clear_object (&net.hub);
  net.n_added = 0;
  net.hub = make_bus (&net, "hub");
  hein_bus_listen (net.hub, HUB, &error);
  g_assert_no_error (error);
  connect (&net);
  net_clear (&net);
}

/* Who is stopped hears nothing, and gets everything when it goes on. */
static void
test_pause (void)
{
  Net net;

  net_init (&net, 6);
  connect (&net);
  hein_simulation_pause (net.net, "hub");
  send_some (&net, 2);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 0);
  hein_simulation_resume (net.net, "hub");
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_messages, ==, 2);
  net_clear (&net);
}

static void
test_nobody_listens (void)
{
  g_autoptr (GError) error = NULL;
  Net net = { .net = hein_simulation_new (7) };
  HeinEndpoint *endpoint;
  const GError *last;

  net.sensor = make_bus (&net, "roof");
  endpoint = hein_bus_dial (net.sensor, HUB, &error);
  g_assert_no_error (error);
  hein_simulation_run (net.net, 1000);
  last = hein_endpoint_get_error (endpoint);
  g_assert_error (last, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpuint (net.n_added, ==, 0);
  net_clear (&net);
}

/* A call that waits lets the others go on, and time pass. */
static void
test_blocking (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = NULL;
  HeinBus *other;
  gint64 begin_us;
  Net net;

  net_init (&net, 8);
  connect (&net);
  other = make_bus (&net, "cellar");
  begin_us = hein_simulation_get_time_us (net.net);
  message = hein_bus_receive (other, 2000, &error);
  g_assert_null (message);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpint (hein_simulation_get_time_us (net.net), >=,
                   begin_us + 2000 * 1000);
  g_object_unref (other);
  net_clear (&net);
}

static char *
run_story (guint64 seed)
{
  char *trace;
  Net net;

  net_init (&net, seed);
  hein_simulation_set_way (net.net, "hub", "roof", 2000, 5000, 0);
  connect (&net);
  for (guint i = 0; i < 20; i++)
    {
      send_some (&net, i);
      hein_simulation_run (net.net, 500);
    }
  hein_simulation_crash (net.net, "hub");
  hein_simulation_run (net.net, 60 * 1000);
  trace = hein_simulation_dup_trace (net.net);
  net_clear (&net);
  return trace;
}

static void
test_seeds (void)
{
  g_autofree char *one = run_story (9);
  g_autofree char *again = run_story (9);
  g_autofree char *other = run_story (10);

  g_assert_cmpstr (one, ==, again);
  g_assert_cmpstr (one, !=, other);
}

static void
test_idle_hour (void)
{
  HeinBus *buses[10];
  g_autoptr (GError) error = NULL;
  gint64 begin_us = g_get_monotonic_time ();
  Net net;

  net_init (&net, 11);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_autofree char *host = g_strdup_printf ("host-%u", i);

      buses[i] = make_bus (&net, host);
      hein_bus_dial (buses[i], HUB, &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (net.net, 60 * 60 * 1000);
  g_test_message ("an hour of %u buses took %" G_GINT64_FORMAT " ms",
                  (guint) G_N_ELEMENTS (buses),
                  (g_get_monotonic_time () - begin_us) / 1000);
  g_assert_cmpuint (net.n_removed, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    g_object_unref (buses[i]);
  net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation/messages", test_messages);
  g_test_add_func ("/simulation/short-partition", test_short_partition);
  g_test_add_func ("/simulation/long-partition", test_long_partition);
  g_test_add_func ("/simulation/cut", test_cut);
  g_test_add_func ("/simulation/crash", test_crash);
  g_test_add_func ("/simulation/pause", test_pause);
  g_test_add_func ("/simulation/nobody-listens", test_nobody_listens);
  g_test_add_func ("/simulation/blocking", test_blocking);
  g_test_add_func ("/simulation/seeds", test_seeds);
  g_test_add_func ("/simulation/idle-hour", test_idle_hour);
  return g_test_run ();
}
