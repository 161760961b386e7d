/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <hein/hein.h>

#include "hein-test.h"
#include "sim-net.h"

/* Streams of a simulation, which are in memory: what runs over them, and what
 * still comes from descriptors. */

static guint
count_descriptors (void)
{
  return hein_test_count_entries ("/proc/self/fd");
}

static void
test_protocols (void)
{
  const char *const uris[] = {
    "tcp://hub:5555?plaintext=yes",
    "tcp+aiomsg://hub:5555?plaintext=yes",
    "tcp+soc://hub:5555?plaintext=yes",
    "tcp+socketengine://hub:5555?plaintext=yes",
    "tcp+tinyproto://hub:5555?plaintext=yes",
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      guint n_before;
      SimNet net;

      g_test_message ("%s", uris[i]);
      sim_net_init (&net, uris[i], 1);
      n_before = count_descriptors ();
      sim_net_connect (&net);
      g_assert_cmpuint (count_descriptors (), ==, n_before);
      sim_net_send_from (net.hub, 3);
      hein_simulation_run (net.net, 1000);
      g_assert_cmpuint (net.n_messages, ==, 3);
      sim_net_clear (&net);
    }
}

/* Of hosts that are one machine: a socket in the file system. */
static void
test_path (void)
{
  g_autofree char *expected = g_strdup_printf ("unix:%u", (guint) geteuid ());
  g_autoptr (HeinPeer) peer = NULL;
  g_autoptr (GError) error = NULL;
  SimNet net = { .net = hein_simulation_new (2) };

  net.hub = sim_net_make_bus (&net, "hub");
  net.sensor = sim_net_make_bus (&net, "hub");
  hein_bus_listen (net.hub, "unix:///run/no/such/folder", &error);
  g_assert_no_error (error);
  hein_bus_dial (net.sensor, "unix:///run/no/such/folder", &error);
  g_assert_no_error (error);
  sim_net_connect (&net);
  peer = g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (net.hub)), 0);
  g_assert_cmpstr (hein_peer_get_security (peer), ==, expected);
  sim_net_clear (&net);
}

#ifdef HAS_TLS
static void
test_tls (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *uri = NULL;
  const char *key = "000102030405060708090a0b0c0d0e0f"
                    "101112131415161718191a1b1c1d1e1f\n";
  const int fd = g_file_open_tmp ("hein-simulation-XXXXXX", &path, &error);
  SimNet net;

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, key, strlen (key)), ==, strlen (key));
  close (fd);
  uri = g_strdup_printf ("tcp://hub:5555?key-file=%s", path);
  sim_net_init (&net, uri, 3);
  sim_net_connect (&net);
  sim_net_send (&net, 1000);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, 1000);
  /* an orderly end over TLS */
  g_clear_object (&net.hub);
  hein_simulation_run (net.net, 1000);
  g_assert_no_error (net.error);
  g_assert_cmpuint (net.n_removed, ==, 1);
  sim_net_clear (&net);
  g_unlink (path);
}
#endif

static gboolean
has_200 (HeinSimulation *simulation, gpointer data)
{
  return ((SimNet *) data)->n_messages >= 200;
}

/* Answers a message with the next one, from the other bus. */
static void
send_next (HeinBus *bus, HeinMessage *message, gpointer data)
{
  SimNet *net = data;

  if (net->n_messages < 200)
    sim_net_send (net, 1);
}

/* The real descriptors of private contexts: each message rings one. */
static void
test_inproc (void)
{
  SimNet net;
  gint64 start_us;

  sim_net_init (&net, "inproc://simulation-streams", 4);
  sim_net_connect (&net);
  for (guint i = 0; i < 100; i++)
    {
      sim_net_send (&net, 1);
      hein_simulation_run (net.net, 0);
      g_assert_cmpuint (net.n_messages, ==, i + 1);
    }
  /* nothing of it waits for a clock that has another time, */
  hein_simulation_run (net.net, 3600 * 1000);
  /* and none of it for time to pass, where there is something to wait for */
  start_us = hein_simulation_get_time_us (net.net);
  g_signal_connect (net.hub, "message", G_CALLBACK (send_next), &net);
  sim_net_send (&net, 1);
  hein_simulation_run_until (net.net, 3600 * 1000, has_200, &net);
  g_assert_cmpuint (net.n_messages, ==, 200);
  g_assert_cmpint (hein_simulation_get_time_us (net.net), ==, start_us);
  sim_net_clear (&net);
}

/* Who is sent away comes again later, by the time of the simulation. */
static void
test_inproc_again (void)
{
  SimNet net;

  sim_net_init (&net, "inproc://simulation-again", 10);
  sim_net_connect (&net);
  hein_peer_close (hein_peers_get_peer (hein_bus_get_peers (net.hub), 0));
  for (guint i = 0; i < 1000 && net.n_added < 4; i++)
    hein_simulation_step (net.net);
  g_assert_cmpuint (net.n_added, ==, 4);
  g_assert_cmpint (hein_simulation_get_time_us (net.net), >, G_USEC_PER_SEC);
  sim_net_clear (&net);
}

/* Who dials before anybody listens tries again in virtual time, and lets it
 * pass meanwhile. */
static void
test_inproc_retry (void)
{
  const char *uri = "inproc://simulation-streams-retry";
  g_autoptr (GError) error = NULL;
  SimNet net = { .net = hein_simulation_new (14) };

  net.sensor = sim_net_make_bus (&net, "roof");
  hein_bus_dial (net.sensor, uri, &error);
  g_assert_no_error (error);
  hein_simulation_run (net.net, 3600 * 1000);
  net.hub = sim_net_make_bus (&net, "hub");
  hein_bus_listen (net.hub, uri, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (net.n_added, ==, 0);
  sim_net_connect (&net);
  sim_net_send (&net, 1);
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_messages, ==, 1);
  sim_net_clear (&net);
}

/* ---- real descriptors ---- */

#define TYPE_GIVER (giver_get_type ())
G_DECLARE_FINAL_TYPE (Giver, giver, , GIVER, HeinStreamTransport)

struct _Giver
{
  HeinStreamTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (Giver, giver, HEIN_TYPE_STREAM_TRANSPORT)

static int ends[2]; /* of a pair of sockets */
static guint n_given;

static int
giver_open_fd (HeinStreamTransport *transport,
               HeinEndpoint *endpoint,
               GError **error)
{
  if (n_given < G_N_ELEMENTS (ends))
    return ends[n_given++];
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                       "nothing is left to give");
  return -1;
}

static void
giver_class_init (GiverClass *class)
{
  HEIN_STREAM_TRANSPORT_CLASS (class)->open_fd = giver_open_fd;
}

static void
giver_init (Giver *self)
{
}

/* What a transport gives is a socket of the kernel: it is looked at before time
 * passes, as there is something to read at once. */
static void
test_descriptors (void)
{
  SimNet net = { .net = hein_simulation_new (12) };
  HeinBus **const buses[] = { &net.hub, &net.sensor };
  gint64 start_us;

  hein_plugin_add ("giver", TYPE_GIVER, NULL);
  n_given = 0;
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_autoptr (GError) error = NULL;

      *buses[i] = sim_net_make_bus (&net, i == 0 ? "hub" : "roof");
      hein_bus_dial (*buses[i], "giver://", &error);
      g_assert_no_error (error);
    }
  sim_net_connect (&net);
  hein_simulation_run (net.net, 10);
  start_us = hein_simulation_get_time_us (net.net);
  g_signal_connect (net.hub, "message", G_CALLBACK (send_next), &net);
  sim_net_send (&net, 1);
  g_assert_true (
    hein_simulation_run_until (net.net, 3600 * 1000, has_200, &net));
  g_assert_cmpint (hein_simulation_get_time_us (net.net), ==, start_us);
  sim_net_clear (&net);
}

/* ---- other threads ---- */

static gpointer
send_from_thread (gpointer data)
{
  sim_net_send (data, 1);
  return NULL;
}

/* Another thread wakes a bus by its descriptor, whenever it likes. */
static void
test_thread (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 5);
  sim_net_connect (&net);
  for (guint i = 0; i < 100; i++)
    {
      g_thread_join (g_thread_new ("sender", send_from_thread, &net));
      hein_simulation_run (net.net, 1);
      g_assert_cmpuint (net.n_messages, ==, i + 1);
    }
  sim_net_clear (&net);
}

/* Who does not read is not given more than a socket holds, and loses
 * nothing. */
static void
test_pushback (void)
{
  const guint n = 60000;
  const HeinPeer *peer;
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 6);
  sim_net_connect (&net);
  hein_simulation_pause (net.net, "hub");
  sim_net_send (&net, n);
  hein_simulation_run (net.net, 1000);
  peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (net.sensor)), 0);
  g_assert_cmpuint (hein_peer_get_bytes_sent ((HeinPeer *) peer), >, 0);
  g_assert_cmpuint (hein_peer_get_bytes_sent ((HeinPeer *) peer), <=,
                    256 * 1024 + 4096);
  g_assert_cmpuint (hein_peer_get_messages_sent ((HeinPeer *) peer), <, n);
  hein_simulation_resume (net.net, "hub");
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_messages, ==, n);
  g_object_unref ((gpointer) peer);
  sim_net_clear (&net);
}

/* A bus that ends in order says so; one that is killed has its connections
 * reset. */
static void
test_ends (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 7);
  sim_net_connect (&net);
  g_clear_object (&net.hub);
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_removed, ==, 1);
  g_assert_no_error (net.error);
  sim_net_clear (&net);

  sim_net_init (&net, SIM_NET_HUB, 8);
  sim_net_connect (&net);
  hein_simulation_crash (net.net, "hub");
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_removed, ==, 1);
  g_assert_error (net.error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  sim_net_clear (&net);
}

/* The end of a crash travels like all else: behind a pulled cable it waits. */
static void
test_crash_behind_partition (void)
{
  const char *const hub[] = { "hub", NULL };
  const char *const roof[] = { "roof", NULL };
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 9);
  sim_net_connect (&net);
  hein_simulation_partition (net.net, hub, roof);
  hein_simulation_crash (net.net, "hub");
  hein_simulation_run (net.net, 1000);
  g_assert_cmpuint (net.n_removed, ==, 0);
  hein_simulation_heal (net.net);
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_removed, ==, 1);
  sim_net_clear (&net);
}

static void
run_inside (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  SimNet *net = data;

  hein_simulation_run (net->net, 1000);
}

/* A bus that a program turns itself cannot be turned in its own handler: the
 * others go on, and it does afterwards. */
static void
test_turn_by_hand (void)
{
  SimNet net;

  sim_net_init (&net, SIM_NET_HUB, 10);
  g_signal_connect (net.hub, "peer-added", G_CALLBACK (run_inside), &net);
  while (net.n_added < 2)
    hein_bus_turn (net.hub, 1000);
  sim_net_send (&net, 1);
  hein_simulation_run (net.net, 1);
  g_assert_cmpuint (net.n_messages, ==, 1);
  sim_net_clear (&net);
}

/* Buses that outlive their simulation, and another one that follows. */
static void
test_outlive (void)
{
  SimNet net;
  SimNet next;

  sim_net_init (&net, SIM_NET_HUB, 11);
  sim_net_connect (&net);
  hein_simulation_close (net.net);
  sim_net_init (&next, SIM_NET_HUB, 11);
  sim_net_connect (&next);
  sim_net_clear (&net);
  sim_net_send (&next, 1);
  hein_simulation_run (next.net, 1);
  g_assert_cmpuint (next.n_messages, ==, 1);
  sim_net_clear (&next);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation-streams/protocols", test_protocols);
  g_test_add_func ("/simulation-streams/path", test_path);
#ifdef HAS_TLS
  g_test_add_func ("/simulation-streams/tls", test_tls);
#endif
  g_test_add_func ("/simulation-streams/inproc", test_inproc);
  g_test_add_func ("/simulation-streams/inproc-again", test_inproc_again);
  g_test_add_func ("/simulation-streams/inproc-retry", test_inproc_retry);
  g_test_add_func ("/simulation-streams/descriptors", test_descriptors);
  g_test_add_func ("/simulation-streams/thread", test_thread);
  g_test_add_func ("/simulation-streams/pushback", test_pushback);
  g_test_add_func ("/simulation-streams/ends", test_ends);
  g_test_add_func ("/simulation-streams/crash-behind-partition",
                   test_crash_behind_partition);
  g_test_add_func ("/simulation-streams/turn-by-hand", test_turn_by_hand);
  g_test_add_func ("/simulation-streams/outlive", test_outlive);
  return g_test_run ();
}
