/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol-suite.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define N_MESSAGES 3
#define LARGE      (1024 * 1024)
#define N_CHANGED  300 /* broken conversations, from a fixed seed */

static const char *const topics[N_MESSAGES] = { "t", "topic", "" };
static const guint sizes[N_MESSAGES] = { 5, 300, 0 };

static char *
make_payload (guint index)
{
  return g_strnfill (sizes[index], 'a' + index);
}

/* ---- sockets without a bus ---- */

static GSocket *
new_socket (void)
{
  GSocket *socket =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);

  g_assert_nonnull (socket);
  return socket;
}

static GSocketAddress *
loopback (guint16 port)
{
  return g_inet_socket_address_new_from_string ("127.0.0.1", port);
}

static guint16
get_port (const char *uri)
{
  return g_ascii_strtoull (strrchr (uri, ':') + 1, NULL, 10);
}

static GSocket *
connect_to (const char *uri)
{
  GSocket *socket = new_socket ();
  g_autoptr (GSocketAddress) address = loopback (get_port (uri));

  g_assert_true (g_socket_connect (socket, address, NULL, NULL));
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
send_all (GSocket *socket, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = g_socket_send_with_blocking (socket, (const char *) data, size,
                                              TRUE, NULL, NULL);

      if (n < 0)
        return; /* the hub has closed, as it may */
      data += n;
      size -= n;
    }
}

/* Moves what is there from one to the other; FALSE at the end. */
static gboolean
forward (GSocket *from, GSocket *to, GByteArray *record)
{
  guint8 buffer[4096];
  g_autoptr (GError) error = NULL;
  gssize n =
    g_socket_receive (from, (char *) buffer, sizeof buffer, NULL, &error);

  if (n <= 0)
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  if (record != NULL)
    g_byte_array_append (record, buffer, n);
  send_all (to, buffer, n);
  return TRUE;
}

/* ---- the conversation ---- */

typedef struct
{
  char *protocol;
  GByteArray *said; /* by the dialler, made by the first test */
} Suite;

static char *
make_uri (const Suite *suite, guint16 port)
{
  return g_strdup_printf ("tcp+%s://127.0.0.1:%u", suite->protocol, port);
}

static HeinTestBus *
open_hub (const Suite *suite, char **uri)
{
  HeinTestBus *hub = hein_test_bus_new ("hub");
  g_autofree char *wanted = make_uri (suite, 0);

  *uri =
    g_strdup (hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, wanted)));
  return hub;
}

static void
say_all (HeinTestBus *bus)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *payload = make_payload (i);

      hein_test_bus_send (bus, NULL, topics[i], payload);
    }
}

static void
assert_heard (HeinTestBus *hub, guint n)
{
  g_assert_cmpuint (hub->messages->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      HeinMessage *message = g_ptr_array_index (hub->messages, i);
      g_autofree char *payload = make_payload (i);
      gsize size;
      const guint8 *data = hein_message_peek_data (message, &size);

      g_assert_cmpstr (hein_message_get_topic (message), ==, topics[i]);
      g_assert_cmpmem (data, size, payload, strlen (payload));
    }
}

typedef struct
{
  GSocket *listener;
  GSocket *to_client;
  GSocket *to_hub;
} Tap;

static void
open_tap (Tap *self, const char *hub_uri)
{
  g_autoptr (GSocketAddress) address = loopback (0);

  self->listener = new_socket ();
  g_assert_true (g_socket_bind (self->listener, address, TRUE, NULL));
  g_assert_true (g_socket_listen (self->listener, NULL));
  g_socket_set_blocking (self->listener, FALSE);
  self->to_hub = connect_to (hub_uri);
}

static guint16
get_tap_port (Tap *self)
{
  g_autoptr (GSocketAddress) address =
    g_socket_get_local_address (self->listener, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
run_tap (Tap *self, GByteArray *record)
{
  if (self->to_client == NULL)
    {
      self->to_client = g_socket_accept (self->listener, NULL, NULL);
      if (self->to_client == NULL)
        return;
      g_socket_set_blocking (self->to_client, FALSE);
    }
  forward (self->to_client, self->to_hub, record);
  forward (self->to_hub, self->to_client, NULL);
}

static void
close_tap (Tap *self)
{
  g_clear_object (&self->listener);
  g_clear_object (&self->to_client);
  g_clear_object (&self->to_hub);
}

/* Records what a dialler says to a hub that hears all of it. */
static void
record (Suite *suite)
{
  g_autofree char *hub_uri = NULL;
  g_autofree char *tap_uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub (suite, &hub_uri);
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  Tap tap = { NULL, NULL, NULL };
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
  gboolean has_spoken = FALSE;

  if (suite->said != NULL)
    return;
  suite->said = g_byte_array_new ();
  open_tap (&tap, hub_uri);
  tap_uri = make_uri (suite, get_tap_port (&tap));
  hein_test_bus_dial (client, tap_uri);
  while (hub->messages->len < N_MESSAGES)
    {
      run_tap (&tap, suite->said);
      hein_bus_turn (hub->bus, 0);
      hein_bus_turn (client->bus, 0);
      if (!has_spoken && hein_test_bus_count_peers (client) == 1)
        {
          say_all (client);
          has_spoken = TRUE;
        }
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    }
  assert_heard (hub, N_MESSAGES);
  close_tap (&tap);
}

/* ---- saying it again ---- */

static void
test_round_trip (gconstpointer data)
{
  Suite *suite = (Suite *) data;

  record (suite);
  g_assert_cmpuint (suite->said->len, >, 0);
}

static void
test_split (gconstpointer data)
{
  Suite *suite = (Suite *) data;

  record (suite);
  for (guint cut = 1; cut < suite->said->len; cut++)
    {
      g_autofree char *uri = NULL;
      g_autoptr (HeinTestBus) hub = open_hub (suite, &uri);
      g_autoptr (GSocket) socket = connect_to (uri);

      send_all (socket, suite->said->data, cut);
      /* what was sent is read before the rest comes */
      hein_bus_turn (hub->bus, 20);
      hein_bus_turn (hub->bus, 0);
      send_all (socket, suite->said->data + cut, suite->said->len - cut);
      hein_test_wait (hub->messages->len == N_MESSAGES);
      assert_heard (hub, N_MESSAGES);
    }
}

static void
test_truncated (gconstpointer data)
{
  Suite *suite = (Suite *) data;
  guint most = 0;

  record (suite);
  for (guint cut = 0; cut < suite->said->len; cut++)
    {
      g_autofree char *uri = NULL;
      g_autoptr (HeinTestBus) hub = open_hub (suite, &uri);
      g_autoptr (GSocket) socket = connect_to (uri);
      guint8 buffer[1024];
      gboolean is_over = FALSE;

      send_all (socket, suite->said->data, cut);
      g_socket_shutdown (socket, FALSE, TRUE, NULL);
      while (!is_over)
        {
          g_autoptr (GError) error = NULL;
          gssize n = g_socket_receive (socket, (char *) buffer, sizeof buffer,
                                       NULL, &error);

          is_over =
            n == 0 || (n < 0 && !g_error_matches (error, G_IO_ERROR,
                                                  G_IO_ERROR_WOULD_BLOCK));
          /* when it is over, nothing more has to happen here */
          if (!is_over)
            g_assert_true (
              hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
          hein_bus_turn (hub->bus, 1);
        }
      hein_test_wait (hub->added->len == hub->removed->len);
      /* what had come whole was delivered, and nothing else */
      g_assert_cmpuint (hub->messages->len, >=, most);
      most = hub->messages->len;
      assert_heard (hub, most);
    }
  g_assert_cmpuint (most, <, N_MESSAGES + 1);
}

static void
test_changed (gconstpointer data)
{
  Suite *suite = (Suite *) data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = NULL;
  g_autoptr (HeinTestBus) good = hein_test_bus_new ("good");

  record (suite);
  hub = open_hub (suite, &uri);
  g_object_set (hub->bus, "max-message-size", (guint64) 100000, NULL);
  hein_test_bus_dial (good, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  for (guint i = 0; i < N_CHANGED; i++)
    {
      g_autofree guint8 *said = g_memdup2 (suite->said->data, suite->said->len);
      g_autoptr (GSocket) socket = connect_to (uri);

      for (guint n = g_rand_int_range (rand, 1, 5); n > 0; n--)
        said[g_rand_int_range (rand, 0, suite->said->len)] =
          g_rand_int_range (rand, 0, 256);
      send_all (socket, said, suite->said->len);
      hein_bus_turn (hub->bus, 1);
      hein_bus_turn (good->bus,
                     0); /* else it is thought dead, if this takes long */
      g_assert_cmpuint (hein_bus_get_memory_used (hub->bus), <, 9000000);
    }
  /* the good one has not noticed */
  hein_test_bus_send (hub, "good", "t", "still here");
  hein_test_wait (good->messages->len == 1);
  g_assert_cmpuint (good->removed->len, ==, 0);
}

/* What was written is not kept, neither of what all get nor of what one gets. */
static void
test_large (gconstpointer data)
{
  const Suite *suite = data;
  g_autofree char *uri = NULL;
  g_autoptr (HeinTestBus) hub = open_hub (suite, &uri);
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *payload = g_strnfill (LARGE, 'x');

  hein_test_bus_dial (bus, uri);
  hein_test_wait (hein_test_bus_count_peers (bus) == 1);
  for (guint i = 0; i < 4; i++)
    {
      HeinPeer *peer = g_ptr_array_index (bus->added, 0);

      hein_test_bus_send (bus, i < 2 ? NULL : hein_peer_get_name (peer), "t",
                          payload);
      hein_test_wait (hub->messages->len == i + 1);
      hein_test_wait (hein_bus_get_memory_used (bus->bus) == 0);
    }
}

static void
clear_suite (gpointer data)
{
  Suite *self = data;

  g_free (self->protocol);
  g_clear_pointer (&self->said, g_byte_array_unref);
}

static void
release_suite (gpointer data)
{
  g_rc_box_release_full (data, clear_suite);
}

static const HeinLaw laws[] = {
  { "round-trip", "messages arrive as they were sent", test_round_trip },
  { "split", "bytes that arrive in two pieces, cut anywhere, mean the same",
    test_split },
  { "truncated",
    "a peer that ends anywhere does no harm, and what came whole arrives",
    test_truncated },
  { "changed", "a peer with wrong bytes does no harm, and costs bounded memory",
    test_changed },
  { "large", "a large message is not kept once it has been written",
    test_large },
};

void
hein_protocol_suite_add (const char *protocol)
{
  Suite *suite = g_rc_box_new0 (Suite); /* lives as long as the tests */

  suite->protocol = g_strdup (protocol);
  for (guint i = 0; i < G_N_ELEMENTS (laws); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/protocol/%s/%s", protocol, laws[i].name);

      g_test_add_data_func_full (path, g_rc_box_acquire (suite), laws[i].func,
                                 release_suite);
    }
  release_suite (suite);
}

void
hein_protocol_suite_foreach_law (HeinLawFunc func, gpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (laws); i++)
    func (&laws[i], data);
}
