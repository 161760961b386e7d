/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "byte-proxy.h"
#include "hein-test.h"
#include "raw-peer.h"

/* However a connection ends, each message that was accepted was delivered, or
 * is counted at one side; and who is killed is not taken for one that left. */

#define ROUND 300

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
  guint64 n_sent;
  guint64 n_got;
} Pair;

typedef enum
{
  HUB_CLOSES,
  HUB_CLOSES_PEER,
  CLIENT_CLOSES,
  CLIENT_CLOSES_PEER,
  CLIENT_GOES, /* the last reference is dropped */
  N_ENDS
} End;

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Pair *self = data;

  self->n_got++;
}

static char *
make_uri (const char *start)
{
  static guint serial;

  if (g_str_has_prefix (start, "tcp"))
    return g_strdup_printf ("%s://127.0.0.1:0", start);
  if (g_str_has_prefix (start, "inproc"))
    return g_strdup_printf ("%s://goodbye-%u", start, serial++);
  return g_strdup_printf ("%s:@hein-goodbye-%d-%u", start, (int) getpid (),
                          serial++);
}

static HeinTestBus *
make_hub (const char *start, HeinEndpoint **endpoint)
{
  g_autofree char *uri = make_uri (start);
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  HeinTestBus *hub = hein_test_bus_new ("hub");

  g_object_set (hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  hein_bus_set_strategy (hub->bus, strategy);
  *endpoint = hein_test_bus_listen (hub, uri);
  return hub;
}

static void
pair_init (Pair *self, const char *start)
{
  HeinEndpoint *endpoint;

  self->n_sent = self->n_got = 0;
  self->hub = make_hub (start, &endpoint);
  self->client = hein_test_bus_new ("client");
  hein_bus_set_handler (self->client->bus, on_message, self, NULL);
  hein_test_bus_dial (self->client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
}

static void
send_some (Pair *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (NULL, "hello");

  for (guint i = 0; i < ROUND; i++)
    self->n_sent += hein_bus_send (self->hub->bus, message, NULL);
}

static HeinPeer *
get_peer (HeinTestBus *bus)
{
  return g_ptr_array_index (bus->added, 0);
}

/* Without closing it, and with its handler until then. */
static void
drop (HeinTestBus *bus)
{
  g_assert_finalize_object (bus->bus);
  g_ptr_array_unref (bus->messages);
  g_ptr_array_unref (bus->added);
  g_ptr_array_unref (bus->removed);
  g_clear_error (&bus->failure);
  g_clear_error (&bus->reason);
  g_free (bus);
}

static void
end (Pair *self, End how)
{
  switch (how)
    {
    case HUB_CLOSES:
      hein_bus_close (self->hub->bus);
      break;
    case HUB_CLOSES_PEER:
      hein_peer_close (get_peer (self->hub));
      break;
    case CLIENT_CLOSES:
      hein_bus_close (self->client->bus);
      break;
    case CLIENT_CLOSES_PEER:
      hein_peer_close (get_peer (self->client));
      break;
    case CLIENT_GOES:
      drop (self->client);
      break;
    case N_ENDS:
    default:
      g_assert_not_reached ();
    }
}

static guint64
count_doubted (Pair *self)
{
  return hein_bus_get_n_dropped (self->hub->bus, HEIN_DROP_REASON_UNKNOWN);
}

static gboolean
is_accounted (Pair *self, End how)
{
  guint64 n = self->n_got + hein_test_bus_count_dropped (self->hub);

  if (how != CLIENT_GOES)
    n += hein_test_bus_count_dropped (self->client);
  return n == self->n_sent;
}

/* What the hub still holds for whoever comes goes with it. */
static void
check_ends (const char *start, End how)
{
  Pair pair;

  g_test_message ("%s, end %d", start, how);
  pair_init (&pair, start);
  /* who does not wait does not know, and counts what it cut as in doubt */
  g_object_set (pair.hub->bus, "linger-ms", 3600000, NULL);
  g_object_set (pair.client->bus, "linger-ms", 3600000, NULL);
  for (guint i = 0; i < 5; i++)
    {
      send_some (&pair);
      g_main_context_iteration (NULL, FALSE);
    }
  send_some (&pair);
  end (&pair, how);
  hein_test_wait (pair.hub->removed->len > 0);
  hein_bus_close (pair.hub->bus);
  if (how != CLIENT_GOES)
    hein_bus_close (pair.client->bus);
  hein_test_wait (is_accounted (&pair, how));
  g_assert_cmpuint (count_doubted (&pair), ==, 0);
  if (how != CLIENT_GOES)
    {
      hein_test_wait (
        hein_test_bus_count_dropped_bytes (pair.client) >=
        5 * hein_test_bus_count_dropped (pair.client)); /* "hello" */
      hein_test_bus_free (pair.client);
    }
  hein_test_bus_free (pair.hub);
}

static void
test_ends (gconstpointer data)
{
  const char *start = data;

  for (int how = 0; how < N_ENDS; how++)
    /* only ZMTP has a word for what is lost with the bus itself */
    if (how != CLIENT_GOES || g_str_equal (start, "tcp") ||
        g_str_equal (start, "unix"))
      check_ends (start, how);
}

/* ---- killed ---- */

/* The other process: it takes nothing, until it is killed, or closes when a
 * first message has come. */
static int
run_client (const char *uri, gboolean closes)
{
  HeinTestBus *bus = hein_test_bus_new ("client");

  hein_test_bus_set_takes (bus, closes);
  hein_test_bus_dial (bus, uri);
  while (bus->messages->len == 0 && bus->removed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  hein_test_bus_close (bus);
  hein_test_bus_free (bus);
  return 0;
}

#define N_SAID 20000

static void
on_taken (HeinBus *bus, HeinMessage *message, gpointer data)
{
  guint *n = data;
  g_autoptr (HeinMessage) answer = hein_message_new_text (NULL, "taken");

  if (++*n >= N_SAID)
    g_assert_true (hein_bus_send (bus, answer, NULL));
}

/* Takes what comes until it is killed, and answers when it has much. */
static int
run_taker (const char *uri)
{
  HeinTestBus *bus = hein_test_bus_new ("taker");
  guint n = 0;

  hein_bus_set_handler (bus->bus, on_taken, &n, NULL);
  hein_test_bus_dial (bus, uri);
  while (bus->removed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  return 1;
}

static void
wait_for_end (GSubprocess *process)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
}

/* A hub, whose peer is in another process. */
typedef struct
{
  HeinTestBus *hub;
  GSubprocess *process;
} Far;

static void
far_init (Far *self, const char *start, const char *option)
{
  HeinEndpoint *endpoint;

  self->hub = make_hub (start, &endpoint);
  self->process =
    hein_test_spawn (option, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
}

static void
far_clear (Far *self)
{
  g_object_unref (self->process);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Far, far_clear)

static void
far_send_round (Far *self)
{
  for (guint i = 0; i < ROUND; i++)
    hein_test_bus_send (self->hub, NULL, NULL, "hello");
}

static void
far_kill (Far *self)
{
  g_subprocess_force_exit (self->process);
  wait_for_end (self->process);
  hein_test_wait (self->hub->removed->len == 1);
}

static void
far_assert_doubt (Far *self, guint64 n)
{
  g_assert_cmpuint (hein_bus_get_n_dropped (self->hub->bus,
                                            HEIN_DROP_REASON_UNKNOWN),
                    ==, n);
  g_assert_nonnull (
    strstr (self->hub->reason->message, "300 messages are in doubt"));
}

static void
check_killed (const char *start)
{
  g_auto (Far) far = { 0 };

  far_init (&far, start, "--client");
  far_send_round (&far);
  hein_test_wait (hein_peer_get_messages_sent (get_peer (far.hub)) == ROUND);
  far_kill (&far);
  g_assert_nonnull (far.hub->reason);
  g_assert_cmpuint (far.hub->reason->domain, ==, G_IO_ERROR);
  far_assert_doubt (&far, ROUND);
}

static void
test_killed (void)
{
  check_killed ("tcp");
  check_killed ("unix");
}

/* A connection that is cut is known by silence alone. */
static void
test_half_open (void)
{
  g_auto (Far) far = { 0 };

  far_init (&far, "tcp", "--client");
  hein_test_stop (far.process);
  g_object_set (far.hub->bus, "silence-ms", 200, "heartbeat-ms", 50, NULL);
  far_send_round (&far);
  hein_test_wait (far.hub->removed->len == 1);
  g_assert_error (far.hub->reason, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  far_assert_doubt (&far, ROUND);
  far_kill (&far);
}

/* Of what it had not read the kernel says so: by a reset. */
static void
test_reset (void)
{
  g_auto (Far) far = { 0 };

  far_init (&far, "tcp", "--client");
  hein_test_stop (far.process);
  far_send_round (&far);
  hein_test_wait (hein_peer_get_messages_sent (get_peer (far.hub)) == ROUND);
  far_kill (&far);
  g_assert_error (far.hub->reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  far_assert_doubt (&far, ROUND);
}

/* ---- whole messages that do not arrive ---- */

static guint16
get_port (HeinEndpoint *endpoint)
{
  const char *colon = strrchr (hein_endpoint_get_bound_uri (endpoint), ':');

  return strtoul (colon + 1, NULL, 10);
}

#define LOST_SIZE      8  /* "01 00 00 04 lost" */
#define HEARTBEAT_SIZE 40 /* SENT and PING */

static guint64
count_lost (HeinTestBus *bus)
{
  return hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_LOST);
}

/* As on a line that is unplugged for a moment: the connection goes on, and the
 * next heartbeat says what is missing, once. */
static void
test_lost_tail (void)
{
  HeinEndpoint *endpoint;
  HeinTestBus *hub = make_hub ("tcp", &endpoint);
  HeinTestBus *client = hein_test_bus_new ("client");
  g_autoptr (ByteProxy) proxy = byte_proxy_new (get_port (endpoint));
  g_autofree char *uri =
    g_strdup_printf ("tcp://127.0.0.1:%u", (guint) proxy->port);
  gsize before;

  /* until it is time */
  g_object_set (hub->bus, "heartbeat-ms", 3600000, NULL);
  g_object_set (client->bus, "heartbeat-ms", 3600000, NULL);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_send (hub, NULL, NULL, "comes");
  hein_test_wait (client->messages->len == 1);
  before = proxy->n_passed[0];
  proxy->deed = BYTE_PROXY_LOSE;
  for (guint i = 0; i < 3; i++)
    hein_test_bus_send (hub, NULL, NULL, "lost");
  hein_test_wait (proxy->n_passed[0] == before + 3 * LOST_SIZE);
  proxy->deed = BYTE_PROXY_PASS;
  g_object_set (hub->bus, "heartbeat-ms", 50, NULL);
  hein_test_wait (count_lost (client) > 0);
  g_assert_cmpuint (count_lost (client), ==, 3);
  hein_test_bus_send (hub, NULL, NULL, "comes");
  before = proxy->n_passed[0];
  hein_test_wait (client->messages->len == 2 &&
                  proxy->n_passed[0] > before + 3 * HEARTBEAT_SIZE);
  g_assert_cmpuint (count_lost (client), ==, 3);
  g_assert_cmpuint (client->removed->len, ==, 0);
  /* the sender learns it from the goodbye */
  hein_bus_close (client->bus);
  hein_test_wait (hub->removed->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus, HEIN_DROP_REASON_CLOSED),
                    ==, 3);
  g_assert_cmpuint (count_lost (client), ==, 3);
  hein_test_bus_free (client);
  hein_test_bus_free (hub);
}

/* ---- a peer that never closes ---- */

/* A bus with such a peer, which closes. */
typedef struct
{
  HeinTestBus *bus;
  RawPeer *peer;
  gboolean is_closed;
} Closing;

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  Closing *self = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_close_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  self->is_closed = TRUE;
}

static void
closing_init (Closing *self, const char *uri, const char *hello, gsize size)
{
  HeinEndpoint *endpoint;

  self->is_closed = FALSE;
  self->bus = hein_test_bus_new ("hub");
  g_object_set (self->bus->bus, "linger-ms", 3600000u, NULL);
  endpoint = hein_test_bus_listen (self->bus, uri);
  self->peer = raw_peer_new (self->bus, hein_endpoint_get_bound_uri (endpoint));
  raw_peer_send (self->peer, hello, size);
  raw_peer_wait (self->peer, self->bus->added->len == 1);
  hein_bus_close_async (self->bus->bus, NULL, on_closed, self);
}

static void
closing_clear (Closing *self)
{
  raw_peer_free (self->peer);
  hein_test_bus_free (self->bus);
}

/* Those that are known not to close are not waited for as long as the others,
 * which began to wait earlier. */
static void
check_drain (const char *uri, const char *hello, gsize size)
{
  static const char slow_hello[] = "\0\0\0\x12\1\1"
                                   "0123456789abcdef";
  Closing slow;
  Closing quick;

  closing_init (&slow, "tcp+aiomsg://127.0.0.1:0", slow_hello,
                sizeof slow_hello - 1);
  closing_init (&quick, uri, hello, size);
  hein_test_wait (quick.is_closed);
  g_assert_false (slow.is_closed);
  closing_clear (&slow);
  closing_clear (&quick);
}

static void
test_drain_aiomsg (void)
{
  static const char hello[] = "\0\0\0\x10"
                              "0123456789abcdef";

  check_drain ("tcp+aiomsg://127.0.0.1:0?dialect=m", hello, sizeof hello - 1);
}

static void
test_drain_tinyproto (void)
{
  check_drain ("tcp+tinyproto://127.0.0.1:0", "\xff", 1);
}

/* ---- a connection to itself ---- */

static gboolean
write_file (const char *path, const char *text)
{
  const int fd = open (path, O_WRONLY | O_CLOEXEC);
  const gboolean ok =
    fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text);

  if (fd >= 0)
    close (fd);
  return ok;
}

/* A network where only one port can be chosen. */
static gboolean
enter_network (const char *port)
{
  struct ifreq request = { .ifr_flags = IFF_UP };
  g_autofree char *range = g_strdup_printf ("%s %s", port, port);
  gboolean ok;
  int fd;

  if (unshare (CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return FALSE;
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  strcpy (request.ifr_name, "lo");
  ok = fd >= 0 && ioctl (fd, SIOCSIFFLAGS, &request) == 0;
  if (fd >= 0)
    close (fd);
  return ok && write_file ("/proc/sys/net/ipv4/ip_local_port_range", range);
}

/* It is met, is reset, and is tried again: the port is free in between. */
static int
run_in_network (const char *port)
{
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%s", port);
  HeinEndpoint *endpoint;
  HeinTestBus *client;
  HeinTestBus *hub;

  if (!enter_network (port))
    return 77;
  client = hein_test_bus_new ("client");
  endpoint = hein_test_bus_dial (client, uri);
  hein_test_wait (hein_endpoint_get_error (endpoint) != NULL);
  g_assert_nonnull (
    strstr (hein_endpoint_get_error (endpoint)->message, "met itself"));
  hub = hein_test_bus_new ("hub");
  hein_test_bus_listen (hub, uri);
  hein_test_bus_free (client);
  hein_test_bus_free (hub);
  return 0;
}

static void
test_itself (void)
{
  g_autoptr (GSubprocess) process = hein_test_spawn ("--itself", "41000");

  wait_for_end (process);
  if (g_subprocess_get_exit_status (process) == 77)
    g_test_skip ("no network of its own can be made here");
  else
    g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

static void
test_leaves_in_order (void)
{
  g_auto (Far) far = { 0 };

  far_init (&far, "tcp", "--closing-client");
  hein_test_bus_send (far.hub, NULL, NULL, "hello");
  hein_test_wait (far.hub->removed->len == 1);
  g_assert_no_error (far.hub->reason);
  g_assert_cmpuint (hein_test_bus_count_dropped (far.hub), ==, 0);
  wait_for_end (far.process);
}

static void
send_much (Far *far, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      hein_test_bus_send (far->hub, NULL, NULL, "hello");
      g_main_context_iteration (NULL, FALSE);
    }
}

/* What it had said that it has is not in doubt when it is killed, and what came
 * later is. It says so when it reads again, after 16384 messages at the latest. */
static void
test_said_what_it_has (void)
{
  const guint n_later = 1000;
  g_auto (Far) far = { 0 };
  guint64 n_doubt;

  far_init (&far, "tcp", "--taker");
  send_much (&far, N_SAID);
  hein_test_wait (far.hub->messages->len == 1);
  send_much (&far, 1);
  hein_test_wait (far.hub->messages->len == 2);
  hein_test_stop (far.process);
  send_much (&far, n_later);
  hein_test_wait (hein_peer_get_messages_sent (get_peer (far.hub)) ==
                  N_SAID + 1 + n_later);
  far_kill (&far);
  n_doubt = hein_bus_get_n_dropped (far.hub->bus, HEIN_DROP_REASON_UNKNOWN);
  g_assert_cmpuint (n_doubt, >=, n_later);
  g_assert_cmpuint (n_doubt, <=, n_later + 1 + 16384);
}

/* ---- within the handshake ---- */

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer data)
{
  GOutputStream *output =
    g_io_stream_get_output_stream (G_IO_STREAM (connection));
  guint *n_connections = data;

  g_output_stream_write_all (output, "\xff\0\0", 3, NULL, NULL, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE,
                     NULL);
  *n_connections += 1;
  return TRUE;
}

/* A hub that dies in the middle of its greeting may be back at once. */
static void
test_half_a_greeting (void)
{
  HeinTestBus *client = hein_test_bus_new ("client");
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GError) error = NULL;
  guint n_connections = 0;
  const guint16 port =
    g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL,
                                         &error);
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u", port);
  HeinEndpoint *endpoint;

  g_assert_no_error (error);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming),
                    &n_connections);
  endpoint = hein_test_bus_dial (client, uri);
  hein_test_wait (n_connections >= 4);
  g_assert_nonnull (hein_endpoint_get_error (endpoint));
  g_assert_nonnull (
    strstr (hein_endpoint_get_error (endpoint)->message, "PLAIN, CURVE"));
  hein_test_bus_free (client);
  g_socket_service_stop (service);
}

static void
on_all_closed (GObject *bus, GAsyncResult *result, gpointer is_done)
{
  g_assert_true (hein_bus_close_finish (HEIN_BUS (bus), result, NULL));
  *(gboolean *) is_done = TRUE;
}

/* As the docs of hein_bus_close () say for who returns from main behind it: what the
 * socket takes goes out with the last reference, and turning waits for all of it. */
static void
test_last_words (void)
{
  for (guint waits = 0; waits < 2; waits++)
    {
      g_autoptr (HeinTestBus) receiver = hein_test_bus_new ("receiver");
      HeinBus *sender = hein_bus_new ("sender");
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "last");
      HeinEndpoint *endpoint =
        hein_test_bus_listen (receiver, "tcp://127.0.0.1:0");
      const guint n = waits ? 5000 : 1;
      gboolean is_done = FALSE;

      hein_bus_dial (sender, hein_endpoint_get_bound_uri (endpoint), NULL);
      hein_test_wait (receiver->added->len == 1 &&
                      hein_peers_get_n_peers (hein_bus_get_peers (sender)) ==
                        1);
      for (guint i = 0; i < n; i++)
        g_assert_true (hein_bus_send (sender, message, NULL));
      if (waits)
        {
          hein_bus_close_async (sender, NULL, on_all_closed, &is_done);
          hein_test_wait (is_done);
        }
      else
        hein_bus_close (sender);
      g_object_unref (sender);
      hein_test_wait (receiver->messages->len == n);
    }
}

/* A goodbye that cannot be written, since the peer has closed already, is no
 * message that the peer did not take. */
static void
test_nothing_to_take (gconstpointer start)
{
  g_autoptr (HeinBus) hub = hein_bus_new ("hub");
  g_autoptr (HeinBus) client = hein_bus_new ("client");
  g_autofree char *uri = g_str_equal (start, "tcp")
                           ? g_strdup ("tcp://127.0.0.1:0")
                           : g_strdup_printf ("%s:@hein-goodbye-%d",
                                              (const char *) start, getpid ());
  HeinEndpoint *endpoint;
  gboolean is_done = FALSE;

  g_assert_true (hein_bus_move_to_context (hub, NULL, NULL));
  g_assert_true (hein_bus_move_to_context (client, NULL, NULL));
  g_object_set (client, "linger-ms", 0, NULL);
  endpoint = hein_bus_listen (hub, uri, NULL);
  g_assert_nonnull (endpoint);
  hein_bus_dial (client, hein_endpoint_get_bound_uri (endpoint), NULL);
  while (hein_peers_get_n_peers (hein_bus_get_peers (hub)) == 0 ||
         hein_peers_get_n_peers (hein_bus_get_peers (client)) == 0)
    {
      hein_bus_turn (hub, 1);
      hein_bus_turn (client, 1);
    }
  hein_bus_close_async (client, NULL, on_all_closed, &is_done);
  while (!is_done)
    hein_bus_turn (client, 1);
  is_done = FALSE;
  hein_bus_close_async (hub, NULL, on_all_closed, &is_done);
  while (!is_done)
    hein_bus_turn (hub, 1);
}

int
main (int argc, char **argv)
{
  static const char *const starts[] = {
    "tcp",
    "unix",
    "inproc",
    "tcp+socketengine",
    "tcp+soc",
    "tcp+tinyproto",
    "unix+tinyproto",
    "tcp+aiomsg",
    "unix+aiomsg",
    "unix+soc",
    "unix+socketengine",
  };

  if (argc == 3 && g_str_equal (argv[1], "--client"))
    return run_client (argv[2], FALSE);
  if (argc == 3 && g_str_equal (argv[1], "--closing-client"))
    return run_client (argv[2], TRUE);
  if (argc == 3 && g_str_equal (argv[1], "--taker"))
    return run_taker (argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "--itself"))
    return run_in_network (argv[2]);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/goodbye/ends/%s", starts[i]);

      g_test_add_data_func (path, starts[i], test_ends);
    }
  g_test_add_func ("/goodbye/killed", test_killed);
  g_test_add_func ("/goodbye/half-open", test_half_open);
  g_test_add_func ("/goodbye/reset", test_reset);
  g_test_add_func ("/goodbye/lost-tail", test_lost_tail);
  g_test_add_func ("/goodbye/drain/aiomsg-m", test_drain_aiomsg);
  g_test_add_func ("/goodbye/drain/tinyproto", test_drain_tinyproto);
  g_test_add_func ("/goodbye/itself", test_itself);
  g_test_add_func ("/goodbye/leaves-in-order", test_leaves_in_order);
  g_test_add_func ("/goodbye/said-what-it-has", test_said_what_it_has);
  g_test_add_func ("/goodbye/half-a-greeting", test_half_a_greeting);
  g_test_add_func ("/goodbye/last-words", test_last_words);
  g_test_add_data_func ("/goodbye/nothing-to-take/tcp", "tcp",
                        test_nothing_to_take);
  g_test_add_data_func ("/goodbye/nothing-to-take/unix", "unix",
                        test_nothing_to_take);
  return g_test_run ();
}
