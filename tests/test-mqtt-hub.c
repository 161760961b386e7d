/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-net.h"

/* A bus as the broker of others, in virtual time: what takes the core as well. */

#define HUB     "tcp+mqtt://hub:1883?plaintext=yes"
#define SEED    3
#define HOUR_MS 3600000u

static void
on_text (HeinBus *bus, HeinMessage *message, gpointer text)
{
  g_string_append_printf (text, "%s ", hein_message_get_topic (message));
}

static void
dial (HeinBus *bus, const char *uri)
{
  g_autoptr (GError) error = NULL;

  hein_bus_dial (bus, uri, &error);
  g_assert_no_error (error);
}

/* A hub with two clients: the sensor, and the one that is returned. (transfer
 * full) */
static HeinBus *
begin (SimNet *net, const char *uri)
{
  HeinBus *other;

  sim_net_init (net, HUB, SEED);
  other = sim_net_make_bus (net, "cellar");
  dial (other, uri);
  hein_simulation_run (net->net, 1000);
  g_assert_cmpuint (net->n_added, ==, 4);
  return other;
}

/* What one client sends, the hub gets and the other client, and not itself. */
static void
test_relays (void)
{
  SimNet net;
  HeinBus *other = begin (&net, HUB);

  sim_net_send (&net, 3);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 6);
  g_object_unref (other);
  sim_net_clear (&net);
}

/* Said by the hub to those who have subscribed, and before the end of the peer. */
static void
test_will (void)
{
  g_autoptr (GString) heard = g_string_new (NULL);
  SimNet net;
  HeinBus *watcher;

  sim_net_init (&net, HUB, SEED);
  watcher = sim_net_make_bus (&net, "cellar");
  g_signal_connect (watcher, "message", G_CALLBACK (on_text), heard);
  dial (watcher, HUB);
  hein_simulation_set_host (net.net, "attic");
  {
    HeinBus *mortal = sim_net_make_bus (&net, "attic");

    dial (mortal, HUB "&will-topic=gone&will=yes&will-qos=1");
    hein_simulation_run (net.net, 1000);
    hein_simulation_cut (net.net, "attic", "hub");
    hein_simulation_kill (net.net, "attic");
    hein_simulation_run (net.net, 60000);
    g_object_unref (mortal);
  }
  g_assert_cmpstr (heard->str, ==, "gone ");
  g_assert_cmpuint (net.n_messages, ==, 3);
  g_object_unref (watcher);
  sim_net_clear (&net);
}

/* A hub whose program takes nothing by itself. */
static HeinBus *
make_hub (SimNet *net)
{
  g_autoptr (GError) error = NULL;
  HeinBus *hub;

  *net = (SimNet){ .net = hein_simulation_new (SEED) };
  hein_simulation_set_host (net->net, "hub");
  hub = g_object_new (HEIN_TYPE_BUS, "name", "hub", "receive-limit",
                      (guint64) 4096, NULL);
  hein_bus_listen (hub, HUB, &error);
  g_assert_no_error (error);
  net->sensor = sim_net_make_bus (net, "roof");
  g_object_set (net->sensor, "silence-ms", 2000u, NULL);
  dial (net->sensor, HUB);
  hein_simulation_run (net->net, 1000);
  g_assert_cmpuint (net->n_added, ==, 1);
  /* the keep alive of two seconds has been said: from now on it says nothing */
  g_object_set (net->sensor, "silence-ms", HOUR_MS, "heartbeat-ms", HOUR_MS,
                NULL);
  return hub;
}

/* The hub ends the connection of a client that does not keep its promise, but not
 * while it is the hub that does not read. */
static void
test_keep_alive (void)
{
  g_autoptr (GPtrArray) all = NULL;
  SimNet net;
  HeinBus *hub = make_hub (&net);
  g_autoptr (HeinMessage) message = NULL;

  hein_simulation_set_host (net.net, "roof");
  sim_net_send_from (net.sensor, 2000);
  hein_simulation_run (net.net, 60000);
  g_assert_cmpuint (net.n_removed, ==, 0);
  do
    {
      g_clear_pointer (&message, hein_message_unref);
      message = hein_bus_take_one (hub);
      hein_simulation_run (net.net, 1);
    }
  while (message != NULL);
  g_assert_cmpuint (net.n_removed, ==, 0);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_removed, ==, 0);
  hein_simulation_run (net.net, 10000);
  g_assert_cmpuint (net.n_removed, ==, 1);
  g_object_unref (hub);
  sim_net_clear (&net);
}

static void
on_closed (GObject *bus, GAsyncResult *result, gpointer has_closed)
{
  g_autoptr (GError) error = NULL;

  hein_bus_close_finish (HEIN_BUS (bus), result, &error);
  g_assert_no_error (error);
  *(gboolean *) has_closed = TRUE;
}

/* Both sides lose each other when a hub closes. */
static void
test_closes (void)
{
  gboolean has_closed = FALSE;
  SimNet net;
  HeinBus *other = begin (&net, HUB);

  hein_bus_close_async (net.hub, NULL, on_closed, &has_closed);
  hein_simulation_run (net.net, 1000);
  g_assert_true (has_closed);
  g_assert_cmpuint (net.n_removed, ==, 4);
  g_object_unref (other);
  sim_net_clear (&net);
}

/* Clients lose a hub that its program disposes of, one of whom has a will. */
static void
test_dispose (void)
{
  SimNet net;
  HeinBus *other = begin (&net, HUB "&will-topic=gone&will=yes");

  g_clear_object (&net.hub);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_removed, ==, 2);
  g_object_unref (other);
  sim_net_clear (&net);
}

/* ---- groups ---- */

#define N_MEMBERS 3
#define N_JOBS    30

static void
on_job (HeinBus *bus, HeinMessage *message, gpointer count)
{
  ++*(guint *) count;
}

static void
on_delivered (GObject *bus, GAsyncResult *result, gpointer n_acknowledged)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (HEIN_BUS (bus), result, &error);

  g_assert_no_error (error);
  *(guint *) n_acknowledged += hein_receipt_get_n_acknowledged (receipt);
}

static void
give_jobs (HeinBus *hub, gboolean delivers, guint *n_acknowledged)
{
  for (guint i = 0; i < N_JOBS; i++)
    {
      g_autoptr (HeinMessage) job = hein_message_new_text ("jobs/1", "x");

      if (delivers)
        hein_bus_deliver_async (hub, job, 10000, NULL, on_delivered,
                                n_acknowledged);
      else
        g_assert_true (hein_bus_send (hub, job, NULL));
    }
}

/* What the hub sends, and what it delivers, goes to one member of a group, in turn:
 * not what is retained, though it has been sent before a member has its first
 * turn. */
static void
test_group (void)
{
  SimNet net;
  HeinBus *members[N_MEMBERS];
  guint counts[N_MEMBERS] = { 0 };
  guint n_acknowledged = 0;
  g_autoptr (HeinMessage) old = hein_message_new_text ("jobs/old", "x");

  sim_net_init (&net, HUB "&retain=yes", SEED);
  g_assert_true (hein_bus_send (net.hub, old, NULL));
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      g_autofree char *uri =
        g_strdup_printf (HUB "&share=crew&client-id=member-%u", i);

      members[i] = sim_net_make_bus (&net, "cellar");
      g_assert_true (hein_bus_subscribe (members[i], "jobs/", NULL));
      g_signal_connect (members[i], "message", G_CALLBACK (on_job), &counts[i]);
      dial (members[i], uri);
    }
  hein_simulation_run (net.net, 1000);
  for (guint round = 0; round < 2; round++)
    {
      give_jobs (net.hub, round == 1, &n_acknowledged);
      hein_simulation_run (net.net, 1000);
      for (guint i = 0; i < N_MEMBERS; i++)
        g_assert_cmpuint (counts[i], ==, N_JOBS / N_MEMBERS * (round + 1));
    }
  /* by the sensor, too, which gets everything */
  g_assert_cmpuint (n_acknowledged, ==, 2 * N_JOBS);
  /* one less, and the rest have it all */
  g_clear_object (&members[1]);
  hein_simulation_run (net.net, 1000);
  give_jobs (net.hub, FALSE, NULL);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (counts[0] + counts[2], ==,
                    2 * (2 * N_JOBS / N_MEMBERS) + N_JOBS);
  /* the turn goes on from one to the next while all of them are closed */
  g_clear_object (&net.hub);
  hein_simulation_run (net.net, 1000);
  for (guint i = 0; i < N_MEMBERS; i++)
    g_clear_object (&members[i]);
  sim_net_clear (&net);
}

#define ADD(path, test) g_test_add_func ("/mqtt-hub/" path, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("relays", test_relays);
  ADD ("will", test_will);
  ADD ("keep-alive", test_keep_alive);
  ADD ("closes", test_closes);
  ADD ("dispose", test_dispose);
  ADD ("group", test_group);
  return g_test_run ();
}
