/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "sim-net.h"

/* Connections of two buses that come one behind the other in a simulation. */

#define N_FILLING 30000

/* ---- the old one is late ---- */

static void
on_sensor_added (HeinBus *bus, HeinPeer *peer, gpointer is_done)
{
  if (*(gboolean *) is_done)
    return;
  *(gboolean *) is_done = TRUE;
  hein_peer_close (peer);
}

/* It waits for a peer, and goes out with the first word to it. */
static void
send_ahead (SimNet *net)
{
  g_autofree char *filling = g_strnfill (N_FILLING, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("news", filling);
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  g_autoptr (GError) error = NULL;

  hein_bus_send_with (net->sensor, strategy, NULL, message, &error);
  g_assert_no_error (error);
}

static void
on_hub_added (HeinBus *bus, HeinPeer *peer, gpointer n_most)
{
  const guint n = hein_peers_get_n_peers (hein_bus_get_peers (bus));

  *(guint *) n_most = MAX (*(guint *) n_most, n);
}

/* The sensor has closed the first one, and what it has said there last is on a
 * slow way when the next one is up. */
static void
test_late (void)
{
  gboolean is_done = FALSE;
  guint n_most = 0;
  guint64 n_lost;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 7);
  hein_simulation_set_way (net.net, "hub", "roof", 100, 0, 50000);
  g_signal_connect (net.sensor, "peer-added", G_CALLBACK (on_sensor_added),
                    &is_done);
  g_signal_connect (net.hub, "peer-added", G_CALLBACK (on_hub_added), &n_most);
  send_ahead (&net);
  hein_simulation_run (net.net, 10000);
  g_assert_true (is_done);
  g_assert_cmpuint (n_most, ==, 1);
  g_assert_cmpuint (hein_peers_get_n_peers (hein_bus_get_peers (net.sensor)),
                    ==, 1);
  /* the message has come, or counts somewhere */
  n_lost = hein_bus_get_n_dropped (net.sensor, HEIN_DROP_REASON_UNKNOWN) +
           hein_bus_get_n_dropped (net.sensor, HEIN_DROP_REASON_CLOSED) +
           hein_bus_get_n_dropped (net.hub, HEIN_DROP_REASON_UNHANDLED);
  g_assert_cmpuint (net.n_messages + n_lost, >=, 1);
  sim_net_send (&net, 3);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, >=, 3);
  sim_net_clear (&net);
}

/* ---- the old one is still there ---- */

static void
on_sensor_sends (HeinBus *bus, HeinPeer *peer, gpointer n_added)
{
  g_autofree char *filling = g_strnfill (N_FILLING, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("news", filling);

  if (++*(guint *) n_added > 1)
    return;
  hein_bus_send (bus, message, NULL);
  hein_peer_close (peer);
}

/* The hub refuses the second one while what was sent last on the first is on
 * its way; the sensor has no other, and so dials again soon. */
static void
test_refused (void)
{
  guint n_added = 0;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 9);
  hein_simulation_set_way (net.net, "hub", "roof", 100, 0, 50000);
  g_signal_connect (net.sensor, "peer-added", G_CALLBACK (on_sensor_sends),
                    &n_added);
  hein_simulation_run (net.net, 10000);
  g_assert_cmpuint (n_added, ==, 2);
  g_assert_cmpuint (hein_peers_get_n_peers (hein_bus_get_peers (net.sensor)),
                    ==, 1);
  g_assert_cmpuint (net.n_messages, ==, 1);
  sim_net_clear (&net);
}

/* ---- no time passes ---- */

/* Whoever has a connection already is asked for a sign of life, which comes at
 * the same moment. */
static void
test_at_once (void)
{
  g_autoptr (GError) error = NULL;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 8);
  hein_simulation_set_way (net.net, "hub", "roof", 0, 0, 0);
  hein_bus_listen (net.sensor, "tcp://roof:5556?plaintext=yes", &error);
  g_assert_no_error (error);
  sim_net_connect (&net);
  hein_simulation_set_host (net.net, "hub");
  hein_bus_dial (net.hub, "tcp://roof:5556?plaintext=yes", &error);
  g_assert_no_error (error);
  hein_simulation_run (net.net, 10000);
  g_assert_cmpuint (net.n_added, ==, 2);
  g_assert_cmpuint (net.n_removed, ==, 0);
  sim_net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation-again/late", test_late);
  g_test_add_func ("/simulation-again/refused", test_refused);
  g_test_add_func ("/simulation-again/at-once", test_at_once);
  return g_test_run ();
}
