/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include <hein/hein.h>

#include "sim-net.h"

/* Faults that are exact: at one byte, of one kernel, of the clock. */

#define N_BYTES 300 /* the handshake, and messages behind it */

/* How many bytes @way has brought until it was cut. */
static guint
count_bytes (SimNet *net, const char *way)
{
  g_autofree char *trace = hein_simulation_dup_trace (net->net);
  g_auto (GStrv) lines = g_strsplit (trace, "\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *what = strstr (lines[i], way);

      if (what == NULL)
        continue;
      what += strlen (way);
      if (strcmp (what, "cut") == 0)
        return n;
      if (g_str_has_suffix (what, " bytes"))
        n += atoi (what);
    }
  g_error ("%s is not cut: %s", way, trace);
}

static void
cut_at (const char *from, const char *to, guint n)
{
  g_autofree char *way = g_strdup_printf ("%s > %s ", from, to);
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, n);
  hein_simulation_cut_after (net.net, from, to, n);
  hein_simulation_run (net.net, 10);
  sim_net_send (&net, 100);
  sim_net_send_from (net.hub, 100);
  hein_simulation_run (net.net, 60 * 1000);
  g_assert_cmpuint (count_bytes (&net, way), ==, n);
  /* both have learned of it, and met again */
  g_assert_cmpuint (net.n_added - net.n_removed, ==, 2);
  net.n_messages = 0;
  sim_net_send (&net, 1);
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_messages, ==, 1);
  sim_net_clear (&net);
}

static void
test_every_byte (void)
{
  for (guint n = 0; n < N_BYTES; n++)
    {
      cut_at ("roof", "hub", n);
      cut_at ("hub", "roof", n);
    }
}

/* Who thinks better of it has no cut. */
static void
test_no_cut (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 1);
  hein_simulation_cut_after (net.net, "roof", "hub", 100);
  hein_simulation_cut_after (net.net, "roof", "hub", -1);
  sim_net_connect (&net);
  hein_simulation_run (net.net, 60 * 1000);
  g_assert_cmpuint (net.n_removed, ==, 0);
  sim_net_clear (&net);
}

/* What the kernel has still arrives, unless the host is switched off. */
static void
end_after_send (void (*end) (HeinSimulation *net, const char *host),
                guint n_expected)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 2);
  sim_net_connect (&net);
  sim_net_send (&net, 3);
  hein_simulation_run (net.net, 0);
  g_assert_cmpuint (net.n_messages, ==, 0);
  end (net.net, "roof");
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, n_expected);
  g_assert_cmpuint (net.n_removed, ==, 1);
  sim_net_clear (&net);
}

static void
test_kill (void)
{
  end_after_send (hein_simulation_kill, 3);
  end_after_send (hein_simulation_crash, 0);
}

/* Of a killed host, too, a new program may begin. */
static void
test_kill_restart (void)
{
  g_autoptr (GError) error = NULL;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 3);
  sim_net_connect (&net);
  hein_simulation_kill (net.net, "hub");
  hein_simulation_run (net.net, 1000);
  hein_simulation_restart (net.net, "hub");
  g_clear_object (&net.hub);
  net.n_added = 0;
  net.hub = sim_net_make_bus (&net, "hub");
  hein_bus_listen (net.hub, SIM_NET_HUB, &error);
  g_assert_no_error (error);
  sim_net_connect (&net);
  sim_net_clear (&net);
}

/* What is timed goes on as if nothing had happened. */
static void
test_clock (void)
{
  const gint64 day_us = G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC;
  gint64 real_us;
  gint64 passed_us;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 4);
  sim_net_connect (&net);
  real_us = hein_get_real_time ();
  passed_us = hein_get_monotonic_time ();
  hein_simulation_step_clock (net.net, -day_us);
  g_assert_cmpint (hein_get_real_time (), ==, real_us - day_us);
  g_assert_cmpint (hein_get_monotonic_time (), ==, passed_us);
  hein_simulation_run (net.net, 60 * 1000);
  hein_simulation_step_clock (net.net, 2 * day_us);
  hein_simulation_run (net.net, 60 * 1000);
  g_assert_cmpint (hein_get_real_time (), ==,
                   real_us + day_us + 2 * 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (net.n_removed, ==, 0);
  sim_net_clear (&net);
}

static void
test_bad_step (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 5);
  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*by_us*");
  hein_simulation_step_clock (net.net, G_MININT64);
  g_test_assert_expected_messages ();
  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*by_us*");
  hein_simulation_step_clock (net.net, G_MAXINT64);
  g_test_assert_expected_messages ();
  sim_net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation-faults/every-byte", test_every_byte);
  g_test_add_func ("/simulation-faults/no-cut", test_no_cut);
  g_test_add_func ("/simulation-faults/kill", test_kill);
  g_test_add_func ("/simulation-faults/kill-restart", test_kill_restart);
  g_test_add_func ("/simulation-faults/clock", test_clock);
  g_test_add_func ("/simulation-faults/bad-step", test_bad_step);
  return g_test_run ();
}
