/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "sim-net.h"

/* Timeouts of a program, and its main loop, in virtual time. */

#define HOUR_MS (60 * 60 * 1000)

/* ---- timeouts ---- */

static gboolean
on_tick (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_CONTINUE;
}

static void
test_hour (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  guint n_ticks = 0;
  guint n_minutes = 0;
  const guint ticks = hein_timeout_add (250, on_tick, &n_ticks);
  const guint minutes = hein_timeout_add_seconds (60, on_tick, &n_minutes);

  hein_simulation_run (net, 249);
  g_assert_cmpuint (n_ticks, ==, 0);
  hein_simulation_run (net, 1);
  g_assert_cmpuint (n_ticks, ==, 1);
  hein_simulation_run (net, HOUR_MS - 250);
  g_assert_cmpuint (n_ticks, ==, 4 * 60 * 60);
  g_assert_cmpuint (n_minutes, ==, 60);
  g_source_remove (ticks);
  hein_simulation_run (net, HOUR_MS);
  g_assert_cmpuint (n_ticks, ==, 4 * 60 * 60);
  g_assert_cmpuint (n_minutes, ==, 120);
  g_source_remove (minutes);
}

typedef struct
{
  HeinSimulation *net;
  GString *text;
  char letter;
} Letter;

static gboolean
on_letter (gpointer data)
{
  const Letter *self = data;

  g_string_append_printf (self->text, "%c%" G_GINT64_FORMAT " ", self->letter,
                          hein_simulation_get_time_us (self->net) / 1000);
  return G_SOURCE_REMOVE;
}

static void
free_letter (gpointer data)
{
  g_string_append_printf (((Letter *) data)->text, "-%c ",
                          ((Letter *) data)->letter);
  g_free (data);
}

static void
add_letter (HeinSimulation *net,
            GString *text,
            char letter,
            guint interval_ms,
            int priority)
{
  const Letter made = { net, text, letter };

  hein_timeout_add_full (priority, interval_ms, on_letter,
                         g_memdup2 (&made, sizeof made), free_letter);
}

/* By time, then by priority, then in the order in which they were made. */
static void
test_order (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  g_autoptr (GString) text = g_string_new (NULL);

  add_letter (net, text, 'd', 20, G_PRIORITY_DEFAULT);
  for (char letter = 'a'; letter <= 'c'; letter++)
    add_letter (net, text, letter, 10, G_PRIORITY_DEFAULT);
  add_letter (net, text, 'h', 10, G_PRIORITY_HIGH);
  add_letter (net, text, '0', 0, G_PRIORITY_DEFAULT);
  hein_simulation_run (net, 30);
  g_assert_cmpstr (text->str, ==,
                   "01000 -0 h1010 -h a1010 -a b1010 -b c1010 -c d1020 -d ");
}

/* Who never rests does not stop the time, nor do the others wait for him. */
static void
test_restless (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);
  guint n_idle = 0;
  guint n_ticks = 0;
  const guint idle = g_idle_add (on_tick, &n_idle);
  const guint zero = hein_timeout_add (0, on_tick, &n_idle);
  const guint ticks = hein_timeout_add (1, on_tick, &n_ticks);

  hein_simulation_run (net, 5);
  g_assert_cmpuint (n_ticks, ==, 5);
  g_assert_cmpuint (n_idle, >, 0);
  g_source_remove (idle);
  g_source_remove (zero);
  g_source_remove (ticks);
}

/* ---- sources of its own ---- */

typedef struct
{
  GSource source;
  guint n_called;
} Own;

static gboolean
dispatch_own (GSource *source, GSourceFunc func, gpointer data)
{
  ((Own *) source)->n_called++;
  hein_source_set_ready_time (source, -1);
  return G_SOURCE_CONTINUE;
}

static void
test_ready_time (void)
{
  static GSourceFuncs funcs = { .dispatch = dispatch_own };
  HeinSimulation *net = hein_simulation_new (1);
  GSource *source = g_source_new (&funcs, sizeof (Own));
  Own *own = (Own *) source;

  g_source_attach (source, NULL);
  hein_source_set_ready_time (source, hein_get_monotonic_time () + 5000);
  /* what is said later counts */
  hein_source_set_ready_time (source, hein_get_monotonic_time () + 9000);
  hein_simulation_run (net, 8);
  g_assert_cmpuint (own->n_called, ==, 0);
  hein_simulation_run (net, 1);
  g_assert_cmpuint (own->n_called, ==, 1);
  hein_source_set_ready_time (source, 0);
  hein_simulation_run (net, 0);
  g_assert_cmpuint (own->n_called, ==, 2);
  hein_source_set_ready_time (source, hein_get_monotonic_time () + 1000);
  hein_source_set_ready_time (source, -1);
  hein_simulation_run (net, 10);
  g_assert_cmpuint (own->n_called, ==, 2);
  /* one that waits is not kept when the simulation has gone */
  hein_source_set_ready_time (source, hein_get_monotonic_time () + 1000);
  g_object_unref (net);
  g_assert_cmpint (g_source_get_ready_time (source), ==, -1);
  g_source_destroy (source);
  g_assert_cmpint (source->ref_count, ==, 1);
  g_source_unref (source);
}

/* Without a simulation they are those of GLib. */
static void
test_real (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GSource *source = hein_timeout_source_new (1);

  g_assert_true (source->source_funcs == &g_timeout_funcs);
  g_source_set_callback (source, G_SOURCE_FUNC (g_main_loop_quit), loop, NULL);
  hein_source_set_ready_time (source, 0);
  g_assert_cmpint (g_source_get_ready_time (source), ==, 0);
  g_source_attach (source, NULL);
  g_main_loop_run (loop);
  g_source_destroy (source);
  g_source_unref (source);
}

/* ---- main loops ---- */

static gboolean
on_send (gpointer data)
{
  sim_net_send (data, 1);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_end (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* A program that runs its own main loop, as it does outside of a test. */
static void
test_main_loop (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint sending;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 3);
  sending = hein_timeout_add_seconds (1, on_send, &net);
  hein_timeout_add (HOUR_MS + 500, on_end, loop);
  g_main_loop_run (loop);
  g_assert_cmpuint (net.n_messages, ==, 60 * 60);
  g_assert_cmpint (hein_simulation_get_time_us (net.net), ==,
                   (HOUR_MS + 1500) * G_GINT64_CONSTANT (1000));
  g_source_remove (sending);
  sim_net_clear (&net);
}

static gboolean
on_nested (gpointer data)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  hein_timeout_add (HOUR_MS, on_end, loop);
  g_main_loop_run (loop);
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* A handler may run another one: of a timeout, and of a bus. */
static void
test_nested_loop (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (HeinSimulation) net = hein_simulation_new (1);

  hein_timeout_add (1, on_nested, loop);
  g_main_loop_run (loop);
  g_assert_cmpint (hein_simulation_get_time_us (net), >=,
                   HOUR_MS * G_GINT64_CONSTANT (1000));
  hein_timeout_add (1, on_nested, loop);
  hein_simulation_run (net, 5);
  g_assert_cmpint (hein_simulation_get_time_us (net), >=,
                   2 * HOUR_MS * G_GINT64_CONSTANT (1000));
}

static void
on_message_loop (HeinBus *bus, HeinMessage *message, gpointer data)
{
  on_nested (data);
}

static void
test_loop_of_handler (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 4);
  sim_net_connect (&net);
  g_signal_connect (net.hub, "message", G_CALLBACK (on_message_loop), loop);
  sim_net_send (&net, 1);
  g_main_loop_run (loop);
  g_assert_cmpint (hein_simulation_get_time_us (net.net), >=,
                   HOUR_MS * G_GINT64_CONSTANT (1000));
  sim_net_clear (&net);
}

/* In a call that waits, timeouts come, too. */
static void
test_blocking (void)
{
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  HeinBus *cellar;
  guint sending;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 5);
  sim_net_connect (&net);
  hein_simulation_set_host (net.net, "cellar");
  cellar = hein_bus_new ("cellar");
  hein_bus_dial (cellar, SIM_NET_HUB, &error);
  g_assert_no_error (error);
  sending = hein_timeout_add_seconds (60, on_send, &net);
  message = hein_bus_receive (cellar, 1000 * 1000, &error);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpuint (net.n_messages, ==, 1000 / 60);
  g_source_remove (sending);
  g_object_unref (cellar);
  sim_net_clear (&net);
}

static gboolean
on_close (gpointer data)
{
  hein_simulation_close (data);
  return G_SOURCE_REMOVE;
}

/* A timeout may end the simulation in which it comes. */
static void
test_close (void)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
      guint closing;
      SimNet net;

      sim_net_init (&net, SIM_NET_HUB, 6);
      closing = hein_timeout_add (700, on_close, net.net);
      if (i == 0)
        hein_simulation_run (net.net, 1000);
      else if (i == 1)
        while (g_main_context_find_source_by_id (NULL, closing) != NULL)
          g_assert_true (hein_simulation_step (net.net));
      else
        {
          hein_timeout_add_full (G_PRIORITY_LOW, 700, on_end, loop, NULL);
          g_main_loop_run (loop);
        }
      sim_net_clear (&net);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation-timeouts/hour", test_hour);
  g_test_add_func ("/simulation-timeouts/order", test_order);
  g_test_add_func ("/simulation-timeouts/restless", test_restless);
  g_test_add_func ("/simulation-timeouts/ready-time", test_ready_time);
  g_test_add_func ("/simulation-timeouts/real", test_real);
  g_test_add_func ("/simulation-timeouts/main-loop", test_main_loop);
  g_test_add_func ("/simulation-timeouts/nested-loop", test_nested_loop);
  g_test_add_func ("/simulation-timeouts/loop-of-handler",
                   test_loop_of_handler);
  g_test_add_func ("/simulation-timeouts/blocking", test_blocking);
  g_test_add_func ("/simulation-timeouts/close", test_close);
  return g_test_run ();
}
