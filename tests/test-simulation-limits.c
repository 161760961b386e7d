/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "sim-net.h"

/* A bus near its memory-limit keeps the connections that are not the reason. */

#define URI SIM_NET_HUB "&retain=yes"
/* less than what is retained, what waits for one peer, and a buffer that is
 * kept for the next messages (64 KiB) */
#define MEMORY_LIMIT (80 * 1024)
#define SIZE         10000

static void
send_value (SimNet *self)
{
  g_autofree char *text = g_strnfill (SIZE, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("value", text);
  g_autoptr (GError) error = NULL;

  hein_bus_send (self->hub, message, &error);
  g_assert_no_error (error);
}

/* Nothing is queued but what was retained, for the newcomer. */
static void
test_newcomer (void)
{
  g_autoptr (HeinBus) newcomer = NULL;
  g_autoptr (GError) error = NULL;
  SimNet net;

  sim_net_init (&net, URI, 1);
  g_object_set (net.hub, "memory-limit", (guint64) MEMORY_LIMIT, NULL);
  sim_net_connect (&net);
  send_value (&net);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 1);
  newcomer = sim_net_make_bus (&net, "cellar");
  hein_bus_dial (newcomer, URI, &error);
  g_assert_no_error (error);
  hein_simulation_run (net.net, 10000);
  g_assert_no_error (net.error);
  g_assert_cmpuint (net.n_removed, ==, 0);
  g_assert_cmpuint (net.n_messages, ==, 2);
  g_clear_object (&newcomer);
  sim_net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation-limits/newcomer", test_newcomer);
  return g_test_run ();
}
