/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "sim-net.h"

/* A network in virtual time. */

static void
test_messages (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 1);
  g_assert_true (
    hein_simulation_run_until (net.net, 1000, sim_net_is_connected, &net));
  sim_net_send (&net, 3);
  g_assert_cmpuint (net.n_messages, ==, 0);
  hein_simulation_run (net.net, 10);
  g_assert_cmpuint (net.n_messages, ==, 3);
  sim_net_clear (&net);
}

static const char *const hubs[] = { "hub", NULL };
static const char *const roofs[] = { "roof", NULL };

/* What is sent while a cable is pulled arrives when it is plugged in again. */
static void
test_short_partition (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 2);
  sim_net_connect (&net);
  hein_simulation_partition (net.net, hubs, roofs);
  sim_net_send (&net, 3);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 0);
  hein_simulation_heal (net.net);
  hein_simulation_run (net.net, 10);
  g_assert_cmpuint (net.n_messages, ==, 3);
  g_assert_cmpuint (net.n_removed, ==, 0);
  sim_net_clear (&net);
}

/* Heartbeats find out, and both ends meet again. */
static void
test_long_partition (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 3);
  sim_net_connect (&net);
  hein_simulation_partition (net.net, hubs, roofs);
  g_assert_true (hein_simulation_run_until (net.net, 10 * 60 * 1000,
                                            sim_net_is_parted, &net));
  net.n_added = 0;
  hein_simulation_heal (net.net);
  sim_net_connect (&net);
  sim_net_send (&net, 1);
  hein_simulation_run (net.net, 10);
  g_assert_cmpuint (net.n_messages, ==, 1);
  sim_net_clear (&net);
}

static void
test_cut (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 4);
  sim_net_connect (&net);
  hein_simulation_cut (net.net, "roof", NULL);
  g_assert_true (
    hein_simulation_run_until (net.net, 1000, sim_net_is_parted, &net));
  net.n_added = 0;
  sim_net_connect (&net);
  sim_net_clear (&net);
}

static void
test_crash (void)
{
  g_autoptr (GError) error = NULL;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 5);
  sim_net_connect (&net);
  hein_simulation_crash (net.net, "hub");
  hein_simulation_run (net.net, 5000);
  /* the one that crashed is told nothing */
  g_assert_cmpuint (net.n_removed, ==, 1);
  hein_simulation_restart (net.net, "hub");
  g_clear_object (&net.hub);
  net.n_added = 0;
  net.hub = sim_net_make_bus (&net, "hub");
  hein_bus_listen (net.hub, SIM_NET_HUB, &error);
  g_assert_no_error (error);
  sim_net_connect (&net);
  sim_net_clear (&net);
}

/* Who is stopped hears nothing, and gets everything when it goes on. */
static void
test_pause (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 6);
  sim_net_connect (&net);
  hein_simulation_pause (net.net, "hub");
  sim_net_send (&net, 2);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 0);
  hein_simulation_resume (net.net, "hub");
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_messages, ==, 2);
  sim_net_clear (&net);
}

/* Who was stopped does not blame others for what it has not heard meanwhile,
 * however long it was. */
static void
test_pause_is_no_silence (void)
{
  for (guint ms = 4500; ms < 20000; ms += 500)
    {
      SimNet net;

      sim_net_init (&net, SIM_NET_HUB, ms);
      g_object_set (net.sensor, "heartbeat-ms", 3600000u, "silence-ms",
                    3600000u, NULL);
      sim_net_connect (&net);
      hein_simulation_pause (net.net, "hub");
      hein_simulation_run (net.net, ms);
      hein_simulation_resume (net.net, "hub");
      hein_simulation_run (net.net, 60000);
      g_assert_cmpuint (net.n_removed, ==, 0);
      sim_net_clear (&net);
    }
}

static void
test_nobody_listens (void)
{
  g_autoptr (GError) error = NULL;
  SimNet net = { .net = hein_simulation_new (7) };
  HeinEndpoint *endpoint;
  const GError *last;

  net.sensor = sim_net_make_bus (&net, "roof");
  endpoint = hein_bus_dial (net.sensor, SIM_NET_HUB, &error);
  g_assert_no_error (error);
  hein_simulation_run (net.net, 1000);
  last = hein_endpoint_get_error (endpoint);
  g_assert_error (last, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpuint (net.n_added, ==, 0);
  sim_net_clear (&net);
}

/* A call that waits lets the others go on, and time pass. */
static void
test_blocking (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = NULL;
  HeinBus *other;
  gint64 begin_us;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 8);
  sim_net_connect (&net);
  hein_simulation_set_host (net.net, "cellar");
  other = hein_bus_new ("cellar");
  begin_us = hein_simulation_get_time_us (net.net);
  message = hein_bus_receive (other, 2000, &error);
  g_assert_null (message);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpint (hein_simulation_get_time_us (net.net), >=,
                   begin_us + 2000 * 1000);
  g_object_unref (other);
  sim_net_clear (&net);
}

static char *
run_story (guint64 seed)
{
  char *trace;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, seed);
  hein_simulation_set_way (net.net, "hub", "roof", 2000, 5000, 0);
  sim_net_connect (&net);
  for (guint i = 0; i < 20; i++)
    {
      sim_net_send (&net, i);
      hein_simulation_run (net.net, 500);
    }
  hein_simulation_crash (net.net, "hub");
  hein_simulation_run (net.net, 60 * 1000);
  trace = hein_simulation_dup_trace (net.net);
  sim_net_clear (&net);
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
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 11);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_autofree char *host = g_strdup_printf ("host-%u", i);

      buses[i] = sim_net_make_bus (&net, host);
      hein_bus_dial (buses[i], SIM_NET_HUB, &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (net.net, 60 * 60 * 1000);
  g_test_message ("an hour of %u buses took %" G_GINT64_FORMAT " ms",
                  (guint) G_N_ELEMENTS (buses),
                  (g_get_monotonic_time () - begin_us) / 1000);
  g_assert_cmpuint (net.n_removed, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    g_object_unref (buses[i]);
  sim_net_clear (&net);
}

static gboolean
count_event (HeinSimulation *net, gpointer n_events)
{
  ++*(guint *) n_events;
  return FALSE;
}

static guint
count_events_of_minute (void)
{
  guint n_events = 0;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 12);
  sim_net_connect (&net);
  hein_simulation_run_until (net.net, 60 * 1000, count_event, &n_events);
  sim_net_clear (&net);
  return n_events;
}

/* What the process has done before does not change a run: here it has left
 * memory that may be used again. */
static void
test_spare_memory (void)
{
  const guint n_events = count_events_of_minute ();
  g_autofree guint8 *data = g_malloc0 (1024 * 1024);

  hein_message_unref (hein_message_new_data ("picture", data, 1024 * 1024));
  g_assert_cmpuint (count_events_of_minute (), ==, n_events);
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
  g_test_add_func ("/simulation/pause-is-no-silence", test_pause_is_no_silence);
  g_test_add_func ("/simulation/nobody-listens", test_nobody_listens);
  g_test_add_func ("/simulation/blocking", test_blocking);
  g_test_add_func ("/simulation/seeds", test_seeds);
  g_test_add_func ("/simulation/idle-hour", test_idle_hour);
  g_test_add_func ("/simulation/spare-memory", test_spare_memory);
  return g_test_run ();
}
