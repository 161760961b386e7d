/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <hein/hein.h>

#include "sim-net.h"

/* A bus that is closed while the network is slow, or carries nothing: each
 * message has arrived, or is counted. */

#define N         3
#define LINGER_MS 1000 /* the default */

static const char *const uris[] = {
  "tcp://hub:5555?plaintext=yes",
  "tcp+soc://hub:5555?plaintext=yes",
  "tcp+socketengine://hub:5555?plaintext=yes",
  "tcp+tinyproto://hub:5555?plaintext=yes",
  "tcp+aiomsg://hub:5555?plaintext=yes",
  "tcp+aiomsg://hub:5555?plaintext=yes&guarantee=at-least-once",
};

static guint64
count_dropped (HeinBus *bus)
{
  guint64 n = 0;

  for (HeinDropReason reason = 0; reason <= HEIN_DROP_REASON_EXPIRED; reason++)
    n += hein_bus_get_n_dropped (bus, reason);
  return n;
}

/* To one peer, as not every protocol publishes with every guarantee. */
static void
begin (SimNet *self, const char *uri)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);

  g_test_message ("%s", uri);
  sim_net_init (self, uri, 1);
  hein_bus_set_strategy (self->hub, strategy);
  sim_net_connect (self);
}

typedef struct
{
  gboolean is_done;
  GError *error; /* owned, nullable */
} Closing;

static void
on_closed (GObject *bus, GAsyncResult *result, gpointer data)
{
  Closing *self = data;

  hein_bus_close_finish (HEIN_BUS (bus), result, &self->error);
  self->is_done = TRUE;
}

/* (transfer full) (nullable): what came of closing */
static GError *
send_and_close (SimNet *self)
{
  Closing closing = { 0 };

  sim_net_send_from (self->hub, N);
  hein_simulation_run (self->net, 1);
  hein_bus_close_async (self->hub, NULL, on_closed, &closing);
  hein_simulation_run (self->net, 10 * LINGER_MS);
  g_assert_true (closing.is_done);
  return closing.error;
}

static gboolean
confirms_each (const char *uri)
{
  return strstr (uri, "soc:") != NULL || strstr (uri, "tinyproto") != NULL ||
         strstr (uri, "at-least-once") != NULL;
}

/* Nobody acknowledges what was written: where each message is confirmed, that
 * is a failure, else it counts. */
static void
test_parted (gconstpointer uri)
{
  static const char *const some[] = { "roof", NULL };
  static const char *const others[] = { "hub", NULL };
  g_autoptr (GError) error = NULL;
  SimNet net;

  begin (&net, uri);
  hein_simulation_partition (net.net, some, others);
  error = send_and_close (&net);
  if (error != NULL)
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  else
    g_assert_cmpuint (hein_bus_get_n_dropped (net.hub,
                                              HEIN_DROP_REASON_UNKNOWN),
                      ==, N);
  g_assert_cmpint (error != NULL, ==, confirms_each (uri));
  g_assert_cmpuint (net.n_messages, ==, 0);
  g_assert_cmpuint (count_dropped (net.hub), ==, N);
  sim_net_clear (&net);
}

/* What arrives in time is not in doubt. */
static void
test_slow (gconstpointer uri)
{
  g_autoptr (GError) error = NULL;
  SimNet net;

  begin (&net, uri);
  hein_simulation_set_way (net.net, "roof", "hub", 50000, 0, 0);
  error = send_and_close (&net);
  g_assert_no_error (error);
  g_assert_cmpuint (net.n_messages, ==, N);
  g_assert_cmpuint (count_dropped (net.hub), ==, 0);
  sim_net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autofree char *parted =
        g_strdup_printf ("/simulation-close/parted/%u", i);
      g_autofree char *slow = g_strdup_printf ("/simulation-close/slow/%u", i);

      g_test_add_data_func (parted, uris[i], test_parted);
      g_test_add_data_func (slow, uris[i], test_slow);
    }
  return g_test_run ();
}
