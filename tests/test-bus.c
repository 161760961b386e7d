/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hein-test.h"

#define LOOPBACK "tcp://127.0.0.1:0"

static char *
listen_at (HeinTestBus *bus)
{
  return g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, LOOPBACK)));
}

static void
meet (HeinTestBus *hub, HeinTestBus *client)
{
  g_autofree char *uri = listen_at (hub);

  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) > 0 &&
                  hein_test_bus_count_peers (client) > 0);
}

static void
assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

static HeinMessage *
make_block (gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);

  return hein_message_new_data ("block", data, size);
}

/* Who comes here can be hung up on. */
static GSocket *
open_door (char **uri)
{
  GSocket *self =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocketAddress) any =
    g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;

  g_assert_true (g_socket_bind (self, any, TRUE, NULL));
  g_assert_true (g_socket_listen (self, NULL));
  g_socket_set_blocking (self, FALSE);
  address = g_socket_get_local_address (self, NULL);
  *uri =
    g_strdup_printf ("tcp://127.0.0.1:%u", g_inet_socket_address_get_port (
                                             G_INET_SOCKET_ADDRESS (address)));
  return self;
}

/* ---- who meets whom ---- */

static void
test_any_start_order (void)
{
  g_autoptr (HeinTestBus) early = hein_test_bus_new ("early");
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = NULL;
  HeinEndpoint *endpoint;

  {
    g_autoptr (HeinTestBus) probe = hein_test_bus_new ("probe");

    uri = listen_at (probe);
  }
  endpoint = hein_test_bus_dial (early, uri);
  hein_test_wait (hein_endpoint_get_state (endpoint) ==
                  HEIN_ENDPOINT_STATE_WAITING);
  g_assert_nonnull (hein_endpoint_get_error (endpoint));
  hein_test_bus_listen (hub, uri);
  hein_test_wait (hein_test_bus_count_peers (early) == 1 &&
                  hein_test_bus_count_peers (hub) == 1);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_null (hein_endpoint_get_error (endpoint));
  g_assert_cmpuint (early->n_ready, ==, 1);
}

static void
test_hub_restarts (void)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinTestBus *hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub);

  hein_test_bus_dial (client, uri);
  for (guint i = 1; i <= 3; i++)
    {
      hein_test_wait (client->added->len == i &&
                      hein_test_bus_count_peers (hub) == 1);
      hein_test_bus_send (hub, NULL, "n", "hello");
      hein_test_wait (client->messages->len == i);
      hein_test_bus_free (hub);
      hein_test_wait (client->removed->len == i);
      hub = hein_test_bus_new ("hub");
      hein_test_bus_listen (hub, uri);
    }
  hein_test_bus_free (hub);
}

/* H2, A4: with the pauses that were set, as often as it takes, and then it
 * meets who listens there. */
static void
test_tries_for_ever (void)
{
  enum
  {
    N_ATTEMPTS = 30 /* with other pauses than 1 to 20 ms they take minutes */
  };
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = NULL;
  GSocket *door = open_door (&uri);
  const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
  guint n_attempts = 0;

  hein_test_bus_dial (client, uri);
  while (n_attempts < N_ATTEMPTS)
    {
      g_autoptr (GSocket) caller = g_socket_accept (door, NULL, NULL);

      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      n_attempts += caller != NULL;
      hein_bus_turn (client->bus, 1);
    }
  g_object_unref (door);
  g_assert_cmpuint (client->added->len, ==, 0);
  hein_test_bus_listen (hub, uri);
  hein_test_wait (client->added->len == 1);
}

static void
test_each_dials_the_other (void)
{
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
      g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
      g_autofree char *a_uri = listen_at (a);
      g_autofree char *b_uri = listen_at (b);
      HeinEndpoint *to_b = hein_test_bus_dial (a, b_uri);
      HeinEndpoint *to_a = hein_test_bus_dial (b, a_uri);

#define IS(endpoint, state)                                                    \
  (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_##state)
      hein_test_wait ((IS (to_b, OPEN) && IS (to_a, DUPLICATE)) ||
                      (IS (to_b, DUPLICATE) && IS (to_a, OPEN)));
      hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                      hein_test_bus_count_peers (b) == 1);
      g_assert_cmpuint (a->n_failed, ==, 0);
      g_assert_cmpuint (b->n_failed, ==, 0);
      hein_test_bus_send (a, "b", "t", "to b");
      hein_test_bus_send (b, "a", "t", "to a");
      hein_test_wait (a->messages->len == 1 && b->messages->len == 1);
#undef IS
    }
}

static void
test_dials_itself (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("self");
  g_autofree char *uri = listen_at (bus);

  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->n_failed == 1);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (bus->added->len, ==, 0);
}

static void
test_name_taken (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) first = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) second = hein_test_bus_new ("kirk");
  g_autofree char *uri = listen_at (hub);

  hein_test_bus_dial (first, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_dial (second, uri);
  hein_test_wait (second->n_failed == 1);
  g_assert_error (second->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_nonnull (strstr (second->failure->message, "kirk"));
  hein_test_bus_send (hub, "kirk", "t", "still there");
  hein_test_wait (first->messages->len == 1);
  g_assert_cmpuint (hub->added->len, ==, 1);
}

static void
test_names (void)
{
  g_autofree char *longest = g_strnfill (255, 'n');
  g_autofree char *longer = g_strnfill (256, 'n');
  const char *bad[] = { longer, "a\nb", "\xff" };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new (longest);
  g_autoptr (HeinBus) unnamed = hein_bus_new (NULL);

  meet (hub, client);
  g_assert_nonnull (hein_test_bus_find_peer (hub, longest));
  g_assert_cmpuint (strlen (hein_bus_get_name (unnamed)), >, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (HeinBus) bus = hein_bus_new (bad[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_listen (bus, LOOPBACK, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
    }
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *uri;
    int code;
    const char *says; /* begins so */
  } bad[] = {
    { "tcp://127.0.0.1", HEIN_ERROR_BAD_ADDRESS, "tcp://127.0.0.1: " },
    { "tcp://127.0.0.1:0?bogus=1", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?bogus=1: " },
    { "tcp://127.0.0.1:0?linger=1&linger=2", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?linger=1&linger=2: " },
    { "tcp://127.0.0.1:0?overflow=never", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?overflow=never: option 'overflow' takes " },
    { "tcp+soc://127.0.0.1:0?dialect=q", HEIN_ERROR_BAD_ADDRESS,
      "tcp+soc://127.0.0.1:0?dialect=q: option 'dialect' takes a, b, c, not "
      "'q'" },
    { "tcp://me@127.0.0.1:0", HEIN_ERROR_BAD_ADDRESS,
      "tcp://me@127.0.0.1:0: " },
    { "tcp://127.0.0.1:0#part", HEIN_ERROR_BAD_ADDRESS, "fragment" },
    { "nonsense", HEIN_ERROR_BAD_ADDRESS, "nonsense: " },
    { "warp://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "warp://127.0.0.1:0: no transport is called 'warp'" },
    { "soc://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "soc://127.0.0.1:0: 'soc' is a protocol, write tcp+soc://" },
    { "tcp+warp://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "tcp+warp://127.0.0.1:0: no protocol is called 'warp'" },
    { "tpc://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "tpc://127.0.0.1:0: no transport is called 'tpc' (did you mean "
      "'tcp'?);" },
    { "ipc://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "ipc://127.0.0.1:0: no transport is called 'ipc' (did you mean "
      "'unix'?);" },
    { "foo://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "foo://127.0.0.1:0: no transport is called 'foo'; found are: " },
    { "tcp+zmpt://127.0.0.1:0", HEIN_ERROR_NO_PLUGIN,
      "tcp+zmpt://127.0.0.1:0: no protocol is called 'zmpt' (did you mean "
      "'zmtp'?);" },
    { "tcp://127.0.0.1:0?maxpeers=3", HEIN_ERROR_BAD_ADDRESS,
      "tcp://127.0.0.1:0?maxpeers=3: there is no option \"maxpeers\" (did "
      "you mean \"max-peers\"?); known ones: " },
    { "inproc+zmtp://name", HEIN_ERROR_BAD_ADDRESS, "inproc+zmtp://name: " },
  };
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_listen (bus, bad[i].uri, &error));
      g_assert_error (error, HEIN_ERROR, bad[i].code);
      g_assert_true (g_str_has_prefix (error->message, bad[i].says));
    }
}

static void
test_insecure (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus, "tcp://*:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (error->message, "tcp://*:0?plaintext=yes"));
  g_clear_error (&error);
  g_assert_null (hein_bus_dial (bus, "tcp://192.0.2.1:1", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

static void
test_port_in_use (void)
{
  g_autoptr (HeinTestBus) first = hein_test_bus_new ("first");
  g_autoptr (HeinBus) second = hein_bus_new ("second");
  g_autofree char *uri = listen_at (first);
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (second, uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, uri));
}

/* ---- sending ---- */

static void
test_nobody (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (GError) error = NULL;

  hein_test_bus_send (bus, NULL, "t", "published to nobody");
  g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_NO_PEER),
                    ==, 1);
  g_assert_false (hein_bus_send_to (bus->bus, "nobody", message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

static void
test_too_large (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  g_autoptr (HeinMessage) message = make_block (1001);
  g_autoptr (GError) error = NULL;

  g_object_set (bus, "max-message-size", (guint64) 1000, NULL);
  g_assert_false (hein_bus_send (bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

/* Its peer takes nothing: it was told not to read more than a little. */
static void
stall (HeinTestBus *client)
{
  g_object_set (client->bus, "receive-limit", (guint64) 1, NULL);
  hein_test_bus_set_takes (client, FALSE);
}

static void
test_wait (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinMessage) message = make_block (60000);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_object_set (hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 1000000, NULL);
  stall (client);
  meet (hub, client);
  while (hein_bus_send (hub->bus, message, &error))
    {
      n++;
      hein_bus_turn (hub->bus, 0);
    }
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (hein_bus_get_memory_used (hub->bus), <, 1200000);
  hein_test_bus_set_takes (client, TRUE);
  while (client->messages->len < n)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (client->bus, 1000);

      n -= some->len;
      g_assert_true (
        hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  g_assert_cmpuint (hein_bus_get_n_dropped (hub->bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    ==, 0);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  guint *n = data;

  g_assert_true (hein_bus_send_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *n += 1;
}

static void
test_send_async (void)
{
  enum
  {
    N = 300
  };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  guint n_sent = 0;

  g_object_set (hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 200000, NULL);
  meet (hub, client);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);
      g_autofree guint8 *data = g_malloc0 (30000);
      g_autoptr (HeinMessage) message =
        hein_message_new_data (topic, data, 30000);

      hein_bus_send_async (hub->bus, message, NULL, on_sent, &n_sent);
    }
  hein_test_wait (n_sent == N && client->messages->len == N);
  for (guint i = 0; i < N; i++)
    {
      HeinMessage *message = g_ptr_array_index (client->messages, i);
      g_autofree char *topic = g_strdup_printf ("%u", i);

      g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
    }
}

static void
overflow (HeinOverflow policy, HeinDropReason reason)
{
  enum
  {
    N = 400
  };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  guint64 n_received = 0;
  guint64 n_dropped;

  g_object_set (hub->bus, "overflow", policy, "send-limit", (guint64) 500000,
                NULL);
  stall (client);
  meet (hub, client);
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (HeinMessage) message = make_block (60000);

      g_assert_true (hein_bus_send (hub->bus, message, NULL));
      hein_bus_turn (hub->bus, 0);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (hub->bus), <, 700000);
  n_dropped = hein_bus_get_n_dropped (hub->bus, reason);
  g_assert_cmpuint (n_dropped, >, 0);
  /* every one has arrived or is counted */
  while (n_received + n_dropped < N)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (client->bus, 1000);

      n_received += some->len;
      n_dropped = hein_bus_get_n_dropped (hub->bus, reason);
      g_assert_true (
        hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  g_assert_cmpuint (n_received + n_dropped, ==, N);
}

static void
test_drop_oldest (void)
{
  overflow (HEIN_OVERFLOW_DROP_OLDEST, HEIN_DROP_REASON_OVERFLOW);
}

static void
test_drop_newest (void)
{
  overflow (HEIN_OVERFLOW_DROP_NEWEST, HEIN_DROP_REASON_OVERFLOW);
}

static void
test_latest (void)
{
  overflow (HEIN_OVERFLOW_LATEST, HEIN_DROP_REASON_REPLACED);
}

static void
test_hold (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);

  hein_bus_set_strategy (hub->bus, strategy);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (hub, NULL, "t", text);
    }
  meet (hub, client);
  hein_test_wait (client->messages->len == 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      assert_text (client, i, text);
    }
}

static void
test_named_comes_back (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *client = hein_test_bus_new ("kirk");
  g_autofree char *uri = listen_at (hub);

  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_free (client);
  hein_test_wait (hub->removed->len == 1);
  hein_test_bus_send (hub, "kirk", "t", "one");
  hein_test_bus_send (hub, "kirk", "t", "two");
  client = hein_test_bus_new ("kirk");
  hein_test_bus_dial (client, uri);
  hein_test_wait (client->messages->len == 2);
  assert_text (client, 0, "one");
  assert_text (client, 1, "two");
  hein_test_bus_free (client);
}

static void
test_subscriptions (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  guint64 received;
  HeinPeer *peer;

  hein_bus_subscribe (client->bus, "news.", NULL);
  meet (hub, client);
  peer = g_ptr_array_index (client->added, 0);
  received = hein_peer_get_messages_received (peer);
  hein_test_bus_send (hub, NULL, "weather", "not sent");
  hein_test_bus_send (hub, NULL, "news.today", "sent");
  hein_test_bus_send (hub, "client", "weather", "addressed");
  hein_test_wait (client->messages->len == 2);
  assert_text (client, 0, "sent");
  assert_text (client, 1, "addressed");
  /* it was filtered where it was published */
  g_assert_cmpuint (hein_peer_get_messages_received (peer) - received, ==, 2);
  hein_bus_unsubscribe (client->bus, "news.");
  hein_bus_subscribe (client->bus, "w", NULL);
  /* the hub knows when an answer to what follows has come */
  hein_test_bus_send (client, "hub", "t", "subscribed");
  hein_test_wait (hub->messages->len == 1);
  hein_test_bus_send (hub, NULL, "news.today", "not sent");
  hein_test_bus_send (hub, NULL, "weather", "sent");
  hein_test_wait (client->messages->len == 3);
  assert_text (client, 2, "sent");
}

static void
test_keep_latest (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (GPtrArray) latest = NULL;

  g_object_set (client->bus, "keep-latest", TRUE, NULL);
  meet (hub, client);
  hein_test_bus_send (hub, NULL, "a", "1");
  hein_test_bus_send (hub, NULL, "a", "2");
  hein_test_bus_send (hub, NULL, "b", "3");
  hein_test_wait (client->messages->len == 3);
  latest = hein_bus_get_latest (client->bus, "a");
  g_assert_cmpuint (latest->len, ==, 1);
  g_assert_true (g_ptr_array_index (latest, 0) ==
                 g_ptr_array_index (client->messages, 1));
}

/* ---- receiving ---- */

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  GPtrArray *all = data;
  g_autoptr (GPtrArray) some =
    hein_bus_receive_finish (HEIN_BUS (source), result, NULL);

  g_assert_nonnull (some);
  for (guint i = 0; i < some->len; i++)
    g_ptr_array_add (all, hein_message_ref (g_ptr_array_index (some, i)));
}

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean *is_done = data;

  g_assert_null (hein_bus_receive_finish (HEIN_BUS (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *is_done = TRUE;
}

static void
test_receive_async (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (GPtrArray) all =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gboolean is_cancelled = FALSE;

  hein_test_bus_set_takes (client, FALSE);
  meet (hub, client);
  hein_bus_receive_async (client->bus, 1, cancellable, on_cancelled,
                          &is_cancelled);
  hein_bus_receive_async (client->bus, 2, NULL, on_received, all);
  g_cancellable_cancel (cancellable);
  hein_test_wait (is_cancelled);
  hein_test_bus_send (hub, NULL, "t", "one");
  hein_test_wait (all->len == 1);
  hein_test_bus_send (hub, NULL, "t", "two");
  hein_test_bus_send (hub, NULL, "t", "three");
  hein_bus_receive_async (client->bus, 10, NULL, on_received, all);
  hein_test_wait (all->len >= 2);
}

static void
test_receive (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  hein_test_bus_set_takes (client, FALSE);
  meet (hub, client);
  hein_test_bus_send (hub, NULL, "t", "hello");
  hein_bus_turn (hub->bus, 0);
  message = hein_bus_receive (client->bus, 5000, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (hein_message_get_topic (message), ==, "t");
  g_assert_cmpstr (hein_peer_get_name (hein_message_get_sender (message)), ==,
                   "hub");
  g_assert_null (hein_bus_receive (client->bus, 10, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
}

/* ---- life ---- */

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean *is_done = data;

  g_assert_true (hein_bus_close_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *is_done = TRUE;
}

static void
test_close_flushes (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  gboolean is_closed = FALSE;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = make_block (50000);

  g_object_set (hub->bus, "linger-ms", 5000u, NULL);
  meet (hub, client);
  for (guint i = 0; i < 150; i++)
    g_assert_true (hein_bus_send (hub->bus, message, NULL));
  hein_bus_close_async (hub->bus, NULL, on_closed, &is_closed);
  g_assert_false (hein_bus_send (hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  hein_test_wait (is_closed && client->removed->len == 1);
  g_assert_cmpuint (client->messages->len, ==, 150);
  g_assert_no_error (client->reason);
}

static void
on_message_that_ends_it (HeinBus *bus, HeinMessage *message, gpointer data)
{
  HeinBus **owned = data;
  g_autoptr (HeinMessage) answer = hein_message_new_text ("t", "last words");

  g_assert_true (hein_bus_send (bus, answer, NULL));
  hein_bus_close (bus);
  g_clear_object (owned);
}

static void
test_ends_in_handler (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinBus *bus = hein_bus_new ("short-lived");
  gpointer weak = bus;
  g_autofree char *uri = listen_at (hub);

  g_object_add_weak_pointer (G_OBJECT (bus), &weak);
  g_signal_connect (bus, "message", G_CALLBACK (on_message_that_ends_it), &bus);
  g_assert_nonnull (hein_bus_dial (bus, uri, NULL));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_send (hub, NULL, "t", "go");
  hein_test_wait (weak == NULL && hub->removed->len == 1);
  g_assert_null (bus);
  g_assert_cmpuint (hub->messages->len, ==, 1);
}

static void
test_forked_child (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  int status;
  pid_t pid;

  meet (hub, client);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "child");
      g_autoptr (GError) error = NULL;
      gboolean sent = hein_bus_send (hub->bus, message, &error);

      g_main_context_iteration (NULL, FALSE);
      g_object_run_dispose (G_OBJECT (hub->bus));
      g_object_run_dispose (G_OBJECT (client->bus));
      /* not _exit: valgrind would call the parent's locals lost in here */
      if (!sent && g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
        execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  hein_test_bus_send (hub, NULL, "t", "parent");
  hein_test_wait (client->messages->len == 1);
  assert_text (client, 0, "parent");
  g_assert_cmpuint (client->removed->len, ==, 0);
}

static gpointer
drop_reference (gpointer bus)
{
  g_object_unref (bus);
  return NULL;
}

static void
test_unref_elsewhere (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinBus *bus = hein_bus_new ("collected");
  g_autofree char *uri = listen_at (hub);

  g_assert_nonnull (hein_bus_dial (bus, uri, NULL));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  g_thread_join (g_thread_new ("collector", drop_reference, bus));
  hein_test_wait (hub->removed->len == 1);
}

static gpointer
send_many (gpointer data)
{
  HeinBus *bus = data;

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

      g_assert_true (hein_bus_send (bus, message, NULL));
    }
  return NULL;
}

/* S14 */
static void
test_threads (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  GThread *threads[4];

  meet (hub, client);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("sender", send_many, hub->bus);
  hein_test_wait (client->messages->len == 4000);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gboolean
turn_when_readable (HeinBus *bus)
{
  struct pollfd fd = { .fd = hein_bus_get_fd (bus), .events = POLLIN };

  if (poll (&fd, 1, 5000) != 1)
    return FALSE;
  hein_bus_turn (bus, 0);
  return TRUE;
}

static gpointer
be_embedded (gpointer data)
{
  const char *uri = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (HeinBus) bus = NULL;
  GPtrArray *received = NULL;

  g_main_context_push_thread_default (context);
  bus = hein_bus_new ("embedded");
  g_assert_nonnull (hein_bus_dial (bus, uri, NULL));
  for (guint n = 0; n < 100; n += received->len)
    {
      g_clear_pointer (&received, g_ptr_array_unref);
      g_assert_true (turn_when_readable (bus));
      received = hein_bus_take (bus, 10);
    }
  g_ptr_array_unref (received);
  g_clear_object (&bus);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_embedded (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub);
  GThread *thread = g_thread_new ("embedded", be_embedded, uri);

  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  for (guint i = 0; i < 100; i++)
    hein_test_bus_send (hub, NULL, "t", "x");
  hein_test_wait (hub->removed->len == 1);
  g_thread_join (thread);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/meeting/any-start-order", test_any_start_order);
  g_test_add_func ("/bus/meeting/hub-restarts", test_hub_restarts);
  g_test_add_func ("/bus/meeting/tries-for-ever", test_tries_for_ever);
  g_test_add_func ("/bus/meeting/each-dials-the-other",
                   test_each_dials_the_other);
  g_test_add_func ("/bus/meeting/dials-itself", test_dials_itself);
  g_test_add_func ("/bus/meeting/name-taken", test_name_taken);
  g_test_add_func ("/bus/meeting/names", test_names);
  g_test_add_func ("/bus/address/bad", test_addresses);
  g_test_add_func ("/bus/address/insecure", test_insecure);
  g_test_add_func ("/bus/address/port-in-use", test_port_in_use);
  g_test_add_func ("/bus/send/nobody", test_nobody);
  g_test_add_func ("/bus/send/too-large", test_too_large);
  g_test_add_func ("/bus/send/wait", test_wait);
  g_test_add_func ("/bus/send/async", test_send_async);
  g_test_add_func ("/bus/send/drop-oldest", test_drop_oldest);
  g_test_add_func ("/bus/send/drop-newest", test_drop_newest);
  g_test_add_func ("/bus/send/latest", test_latest);
  g_test_add_func ("/bus/send/hold", test_hold);
  g_test_add_func ("/bus/send/named-comes-back", test_named_comes_back);
  g_test_add_func ("/bus/receive/subscriptions", test_subscriptions);
  g_test_add_func ("/bus/receive/keep-latest", test_keep_latest);
  g_test_add_func ("/bus/receive/async", test_receive_async);
  g_test_add_func ("/bus/receive/blocking", test_receive);
  g_test_add_func ("/bus/life/close-flushes", test_close_flushes);
  g_test_add_func ("/bus/life/ends-in-handler", test_ends_in_handler);
  g_test_add_func ("/bus/life/forked-child", test_forked_child);
  g_test_add_func ("/bus/life/unref-elsewhere", test_unref_elsewhere);
  g_test_add_func ("/bus/life/threads", test_threads);
  g_test_add_func ("/bus/life/embedded", test_embedded);
  return g_test_run ();
}
