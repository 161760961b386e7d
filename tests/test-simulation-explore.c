/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <hein/hein.h>

/* Faults that are planned, and the search for those with which a test fails. */

#define HUB "tcp://hub:5555?plaintext=yes"

static const char *const hosts[] = { "hub", "roof", NULL };

typedef struct
{
  HeinSimulation *net;
  HeinBus *hub;
  HeinBus *sensor;
  guint n_heard;
  guint n_removed;
} Ends;

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  ((Ends *) data)->n_heard++;
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *reason, gpointer data)
{
  ((Ends *) data)->n_removed++;
}

static HeinBus *
start_hub (Ends *self)
{
  g_autoptr (GError) error = NULL;
  HeinBus *hub = hein_bus_new ("hub");

  g_signal_connect (hub, "message", G_CALLBACK (on_message), self);
  hein_bus_listen (hub, HUB, &error);
  g_assert_no_error (error);
  return hub;
}

static void
ends_init (Ends *self, HeinSimulation *net)
{
  g_autoptr (GError) error = NULL;

  *self = (Ends){ .net = net };
  hein_simulation_set_host (net, "hub");
  self->hub = start_hub (self);
  hein_simulation_set_host (net, "roof");
  self->sensor = hein_bus_new ("sensor");
  g_signal_connect (self->sensor, "peer-removed", G_CALLBACK (on_removed),
                    self);
  hein_bus_dial (self->sensor, HUB, &error);
  g_assert_no_error (error);
}

static void
ends_clear (Ends *self)
{
  g_clear_object (&self->hub);
  g_clear_object (&self->sensor);
}

static gboolean
is_met (HeinSimulation *net, gpointer data)
{
  const Ends *self = data;

  return hein_peers_get_n_peers (hein_bus_get_peers (self->sensor)) == 1;
}

static void
send_one (Ends *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");

  hein_bus_send (self->sensor, message, NULL);
}

/* ---- planned faults ---- */

static void
add (HeinSimulation *net, const char *faults)
{
  g_autoptr (GError) error = NULL;

  hein_simulation_add_faults (net, faults, &error);
  g_assert_no_error (error);
}

/* What is sent meanwhile arrives when it is over, not before. */
static void
check_delay (const char *faults)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  Ends ends;

  ends_init (&ends, net);
  g_assert_true (hein_simulation_run_until (net, 1000, is_met, &ends));
  hein_simulation_run (net, 100);
  add (net, faults);
  hein_simulation_run (net, 200);
  send_one (&ends);
  hein_simulation_run (net, 700);
  g_assert_cmpuint (ends.n_heard, ==, 0);
  hein_simulation_run (net, 300);
  g_assert_cmpuint (ends.n_heard, ==, 1);
  /* it is over for good */
  send_one (&ends);
  hein_simulation_run (net, 1);
  g_assert_cmpuint (ends.n_heard, ==, 2);
  g_assert_cmpuint (ends.n_removed, ==, 0);
  ends_clear (&ends);
}

static void
test_partition (void)
{
  check_delay ("100000 partition hub roof 900000");
  check_delay ("100000 partition roof * 900000");
}

static void
test_pause (void)
{
  check_delay ("100000 pause hub 900000\n");
}

static void
test_slow (void)
{
  check_delay (" 100000  slow hub roof 700000 750000 ;; \n");
}

static void
test_cut (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  Ends ends;

  ends_init (&ends, net);
  g_assert_true (hein_simulation_run_until (net, 1000, is_met, &ends));
  add (net, "100 cut roof hub; 2000000 cut roof *");
  hein_simulation_run (net, 1000);
  g_assert_cmpuint (ends.n_removed, ==, 1);
  hein_simulation_run (net, 2000);
  g_assert_cmpuint (ends.n_removed, ==, 2);
  ends_clear (&ends);
}

static void
on_restarted (HeinSimulation *net, const char *host, gpointer data)
{
  Ends *self = data;

  g_assert_cmpstr (host, ==, "hub");
  g_object_unref (self->hub);
  self->hub = start_hub (self);
}

/* The hub begins again on its own host, whichever the test is at. */
static void
test_crash (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  Ends ends;

  ends_init (&ends, net);
  g_signal_connect (net, "restarted", G_CALLBACK (on_restarted), &ends);
  g_assert_true (hein_simulation_run_until (net, 1000, is_met, &ends));
  add (net, "100 crash hub 500000");
  hein_simulation_run (net, 100);
  g_assert_cmpuint (ends.n_removed, ==, 1);
  g_assert_true (hein_simulation_run_until (net, 20000, is_met, &ends));
  hein_simulation_run (net, 100);
  send_one (&ends);
  hein_simulation_run (net, 100);
  g_assert_cmpuint (ends.n_heard, ==, 1);
  ends_clear (&ends);
}

/* A call that waits on the host that crashes ends with its time, or when the
 * host starts again. */
static void
test_crash_within (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  g_autoptr (GError) error = NULL;
  Ends ends;

  ends_init (&ends, net);
  add (net, "100000 crash roof 1000000");
  g_assert_null (hein_bus_receive (ends.sensor, 500, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (hein_bus_receive (ends.sensor, -1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  hein_simulation_run (net, 1000);
  /* those from before stay dead */
  g_assert_cmpuint (hein_peers_get_n_peers (hein_bus_get_peers (ends.hub)), ==,
                    0);
  ends_clear (&ends);
}

static void
test_no_fault (void)
{
  static const char *const bad[] = {
    "fire",
    "cut hub roof",
    "1 cut hub",
    "1 cut hub roof 5",
    "-1 cut hub roof",
    "1 fire hub",
    "1 pause hub",
    "1 pause hub roof 5",
    "1 pause hub x",
    "1 pause * 5",
    "1 slow hub roof 5",
    "1 crash hub 9999999999999999999",
    "9 cut a b; 1 fire",
  };
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (hein_simulation_add_faults (net, bad[i], &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, "is no fault"));
    }
}

/* ---- the search ---- */

/* It sends when it is connected, and hears nothing more of it: a mistake. */
static gboolean
careless (HeinSimulation *net, gpointer data)
{
  gboolean holds = TRUE;
  Ends ends;

  ends_init (&ends, net);
  if (hein_simulation_run_until (net, 20000, is_met, &ends))
    {
      hein_simulation_run (net, 100);
      send_one (&ends);
      hein_simulation_run (net, 120 * 1000);
      holds = ends.n_heard == 1;
    }
  ends_clear (&ends);
  return holds;
}

static char *
explore_careless (guint64 *seed, char **faults)
{
  static const char *const kinds[] = { "partition", NULL };

  return hein_simulation_explore (1, 300, hosts, kinds, 60 * 1000, careless,
                                  NULL, seed, faults);
}

/* One partition remains of all that was drawn, and does it again. */
static void
test_explore (void)
{
  g_autofree char *faults = NULL;
  guint64 seed;
  g_autofree char *report = explore_careless (&seed, &faults);
  g_autofree char *again = explore_careless (NULL, NULL);
  g_autoptr (HeinSimulation) net = NULL;

  g_test_message ("%s", report);
  g_assert_nonnull (strstr (report, "fails with seed"));
  g_assert_nonnull (strstr (report, faults));
  g_assert_nonnull (strstr (faults, " partition "));
  g_assert_true (strchr (faults, '\n') == faults + strlen (faults) - 1);
  g_assert_cmpstr (report, ==, again);

  net = hein_simulation_new (seed);
  add (net, faults);
  g_assert_false (careless (net, NULL));
}

static gboolean
count_and_hold (HeinSimulation *net, gpointer data)
{
  guint64 seed;

  g_object_get (net, "seed", &seed, NULL);
  g_assert_cmpuint (seed, ==, 7 + (*(guint *) data)++);
  return TRUE;
}

static void
test_holds (void)
{
  g_autofree char *faults = NULL;
  guint n_runs = 0;
  guint64 seed = 1;

  g_assert_null (hein_simulation_explore (7, 20, hosts, NULL, 1000,
                                          count_and_hold, &n_runs, &seed,
                                          &faults));
  g_assert_cmpuint (n_runs, ==, 20);
  g_assert_cmpuint (seed, ==, 0);
  g_assert_null (faults);
}

static gboolean
hold_once (HeinSimulation *net, gpointer data)
{
  return (*(guint *) data)++ != 5;
}

/* What fails once, and never again, is told from what fails always. */
static void
test_chance (void)
{
  guint n_runs = 0;
  g_autofree char *report =
    hein_simulation_explore (1, 20, hosts, NULL, 1000, hold_once, &n_runs, NULL,
                             NULL);

  g_assert_nonnull (strstr (report, "the test is wrong: with seed 6"));
}

static gboolean
leave_bus (HeinSimulation *net, gpointer data)
{
  Ends *ends = data;

  ends_init (ends, net);
  return TRUE;
}

static void
test_left (void)
{
  Ends ends;
  guint64 seed;
  g_autofree char *report =
    hein_simulation_explore (3, 20, hosts, NULL, 1000, leave_bus, &ends, &seed,
                             NULL);

  g_assert_nonnull (
    strstr (report, "left 2 of its buses, the first one called \"hub\""));
  g_assert_cmpuint (seed, ==, 3);
  ends_clear (&ends);
}

static gboolean
always_fail (HeinSimulation *net, gpointer data)
{
  return FALSE;
}

static void
test_without_faults (void)
{
  g_autofree char *faults = NULL;
  g_autofree char *report =
    hein_simulation_explore (3, 20, hosts, NULL, 1000, always_fail, NULL, NULL,
                             &faults);

  g_assert_nonnull (strstr (report, "seed 3, without a fault"));
  g_assert_cmpstr (faults, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation/faults/partition", test_partition);
  g_test_add_func ("/simulation/faults/pause", test_pause);
  g_test_add_func ("/simulation/faults/slow", test_slow);
  g_test_add_func ("/simulation/faults/cut", test_cut);
  g_test_add_func ("/simulation/faults/crash", test_crash);
  g_test_add_func ("/simulation/faults/crash-within", test_crash_within);
  g_test_add_func ("/simulation/faults/none", test_no_fault);
  g_test_add_func ("/simulation/explore/finds", test_explore);
  g_test_add_func ("/simulation/explore/holds", test_holds);
  g_test_add_func ("/simulation/explore/chance", test_chance);
  g_test_add_func ("/simulation/explore/left", test_left);
  g_test_add_func ("/simulation/explore/without-faults", test_without_faults);
  return g_test_run ();
}
