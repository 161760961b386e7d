/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "bus-ends.h"

/* Subscriptions to patterns, and the moment from which peers know of them. */

static void
on_confirmed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  guint *n = data;

  g_assert_true (
    hein_bus_confirm_subscriptions_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *n += 1;
}

static void
confirm (HeinTestBus *bus)
{
  guint n = 0;

  hein_bus_confirm_subscriptions_async (bus->bus, -1, NULL, on_confirmed, &n);
  hein_test_wait (n == 1);
}

static void
subscribe (HeinTestBus *bus, const char *pattern)
{
  g_autoptr (GError) error = NULL;

  hein_bus_subscribe_pattern (bus->bus, pattern, &error);
  g_assert_no_error (error);
}

/* Sends under each topic, and checks which come; "" ends both lists. */
static void
assert_come (HeinTestBus *hub,
             HeinTestBus *client,
             const char *const *topics,
             const char *const *expected)
{
  const guint before = client->messages->len;
  const guint n = g_strv_length ((char **) expected);

  for (guint i = 0; topics[i] != NULL; i++)
    hein_test_bus_send (hub, NULL, topics[i], "x");
  hein_test_bus_send (hub, hein_bus_get_name (client->bus), "end", "");
  hein_test_wait (
    client->messages->len > before &&
    strcmp (hein_message_get_topic (
              g_ptr_array_index (client->messages, client->messages->len - 1)),
            "end") == 0);
  g_assert_cmpuint (client->messages->len - before, ==, n + 1);
  for (guint i = 0; i < n; i++)
    g_assert_cmpstr (hein_message_get_topic (
                       g_ptr_array_index (client->messages, before + i)),
                     ==, expected[i]);
}

#define COME(hub, client, topics, ...)                                         \
  assert_come (hub, client, topics, (const char *const[]){ __VA_ARGS__ })

static const char *const rooms[] = { "house",
                                     "house/kitchen",
                                     "house/kitchen/temperature",
                                     "house/hall/temperature",
                                     "house/hall/light",
                                     "street",
                                     NULL };

/* Compared where it is published: what nobody wants is not sent. */
static void
test_publisher (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinPeer *peer;
  guint64 received;

  subscribe (client, "house/*/temperature");
  bus_ends_meet (hub, client);
  peer = g_ptr_array_index (client->added, 0);
  received = hein_peer_get_messages_received (peer);
  COME (hub, client, rooms, "house/kitchen/temperature",
        "house/hall/temperature", NULL);
  g_assert_cmpuint (hein_peer_get_messages_received (peer) - received, ==, 3);
  subscribe (client, "street");
  hein_bus_subscribe (client->bus, "house/hall/l", NULL);
  confirm (client);
  COME (hub, client, rooms, "house/kitchen/temperature",
        "house/hall/temperature", "house/hall/light", "street", NULL);
  hein_bus_unsubscribe_pattern (client->bus, "house/*/temperature");
  hein_bus_unsubscribe_pattern (client->bus, "house/*/temperature");
  confirm (client);
  COME (hub, client, rooms, "house/hall/light", "street", NULL);
  hein_bus_unsubscribe_pattern (client->bus, "street");
  hein_bus_unsubscribe (client->bus, "house/hall/l");
  subscribe (client, "house/**");
  confirm (client);
  COME (hub, client, rooms, "house", "house/kitchen",
        "house/kitchen/temperature", "house/hall/temperature",
        "house/hall/light", NULL);
  hein_bus_unsubscribe_pattern (client->bus, "house/**");
  confirm (client);
  /* without any subscription it gets everything, as at first */
  COME (hub, client, rooms, "house", "house/kitchen",
        "house/kitchen/temperature", "house/hall/temperature",
        "house/hall/light", "street", NULL);
}

/* One that matches twice gets a message once, and counts are kept. */
static void
test_twice (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");

  bus_ends_meet (hub, client);
  subscribe (client, "street");
  subscribe (client, "street");
  subscribe (client, "*");
  hein_bus_subscribe (client->bus, "str", NULL);
  confirm (client);
  COME (hub, client, rooms, "house", "street", NULL);
  hein_bus_unsubscribe_pattern (client->bus, "*");
  hein_bus_unsubscribe (client->bus, "str");
  hein_bus_unsubscribe_pattern (client->bus, "street");
  confirm (client);
  COME (hub, client, rooms, "street", NULL);
}

/* Where the receiver compares. */
static void
test_inproc (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinEndpoint *listener = hein_test_bus_listen (hub, "inproc://patterns");

  subscribe (client, "house/*");
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  confirm (client);
  hein_test_bus_send (hub, NULL, "street", "no");
  hein_test_bus_send (hub, NULL, "house", "no");
  hein_test_bus_send (hub, NULL, "house/hall", "yes");
  hein_test_wait (client->messages->len == 1);
  bus_ends_assert_text (client, 0, "yes");
}

/* Only who matches is a choice for strategies that ask. */
static void
test_can_take (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinMessage) yes = hein_message_new_text ("a/b", "");
  g_autoptr (HeinMessage) no = hein_message_new_text ("a", "");
  HeinPeer *peer;

  subscribe (client, "a/*");
  bus_ends_meet (hub, client);
  confirm (client);
  peer = g_ptr_array_index (hub->added, 0);
  g_assert_true (hein_peer_can_take (peer, yes));
  g_assert_false (hein_peer_can_take (peer, no));
}

static void
assert_bad (HeinTestBus *bus, const char *pattern, HeinError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_bus_subscribe_pattern (bus->bus, pattern, &error));
  g_assert_error (error, HEIN_ERROR, (int) code);
}

/* A pattern that is refused changes nothing. */
static void
test_bad (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *large = g_strnfill (256, 'a');

  assert_bad (client, "", HEIN_ERROR_FAILED);
  assert_bad (client, "a/b*", HEIN_ERROR_FAILED);
  assert_bad (client, "\xff", HEIN_ERROR_FAILED);
  assert_bad (client, large, HEIN_ERROR_TOO_LARGE);
  bus_ends_meet (hub, client);
  hein_test_bus_send (hub, NULL, "anything", "");
  hein_test_wait (client->messages->len == 1);
  hein_bus_close (client->bus);
  assert_bad (client, "a", HEIN_ERROR_CLOSED);
}

static void
on_failed (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_false (
    hein_bus_confirm_subscriptions_finish (HEIN_BUS (source), result, error));
}

/* With nobody there it ends at once; a peer that goes is not waited for; it
 * ends with the bus, the time, or when it is cancelled. */
static void
test_confirm_ends (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) cancelled = NULL;
  g_autoptr (GError) expired = NULL;
  g_autoptr (GError) closed = NULL;
  guint n = 0;

  confirm (client);
  bus_ends_meet (hub, client);
  hein_bus_confirm_subscriptions_async (client->bus, -1, cancellable, on_failed,
                                        &cancelled);
  g_cancellable_cancel (cancellable);
  hein_test_wait (cancelled != NULL);
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  hein_bus_confirm_subscriptions_async (client->bus, 0, NULL, on_failed,
                                        &expired);
  hein_test_wait (expired != NULL);
  g_assert_error (expired, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  hein_bus_confirm_subscriptions_async (client->bus, -1, NULL, on_confirmed,
                                        &n);
  hein_peer_close (g_ptr_array_index (client->added, 0));
  hein_test_wait (n == 1);
  hein_bus_close (client->bus);
  hein_bus_confirm_subscriptions_async (client->bus, -1, NULL, on_failed,
                                        &closed);
  hein_test_wait (closed != NULL);
  g_assert_error (closed, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* What one peer keeps is within the limits of the bus, and ends with it. */
static void
test_memory (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  guint64 before;
  guint64 with;

  bus_ends_meet (hub, client);
  confirm (client);
  before = hein_bus_get_memory_used (hub->bus);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("a/%u/*", i);

      subscribe (client, pattern);
    }
  confirm (client);
  with = hein_bus_get_memory_used (hub->bus);
  g_assert_cmpuint (with - before, >, 1000 * 100);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("a/%u/*", i);

      hein_bus_unsubscribe_pattern (client->bus, pattern);
    }
  confirm (client);
  g_assert_cmpuint (hein_bus_get_memory_used (hub->bus), <=, before + 20000);
}

static void
assert_last (HeinTestBus *client, guint n, const char *topic, const char *text)
{
  hein_test_wait (client->messages->len >= n);
  g_assert_cmpuint (client->messages->len, ==, n);
  g_assert_cmpstr (hein_message_get_topic (
                     g_ptr_array_index (client->messages, n - 1)),
                   ==, topic);
  bus_ends_assert_text (client, n - 1, text);
}

/* Whoever subscribes gets the last value of each topic that was not its own
 * before, then what follows; nothing twice. */
static void
test_retained (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinEndpoint *listener =
    hein_test_bus_listen (hub, "tcp://127.0.0.1:0?retain=yes");

  hein_test_bus_send (hub, NULL, "a", "a0");
  hein_test_bus_send (hub, NULL, "b/1", "b0");
  hein_test_bus_send (hub, NULL, "b/1", "b1");
  hein_test_bus_send (hub, NULL, "c", "c0");
  hein_test_bus_send (hub, NULL, "d", "d0");
  /* a newcomer that wants several */
  hein_bus_subscribe (client->bus, "a", NULL);
  subscribe (client, "b/*");
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (client->messages->len >= 2);
  bus_ends_assert_text (client, 0, "a0");
  assert_last (client, 2, "b/1", "b1");
  subscribe (client, "c");
  hein_bus_subscribe (client->bus, "c", NULL);
  confirm (client);
  hein_test_bus_send (hub, NULL, "c", "c1");
  hein_test_wait (client->messages->len >= 4);
  bus_ends_assert_text (client, 2, "c0");
  assert_last (client, 4, "c", "c1");
  hein_bus_subscribe (client->bus, "d", NULL);
  assert_last (client, 5, "d", "d0");
  /* what it has already had does not come again */
  subscribe (client, "*");
  hein_bus_subscribe (client->bus, "b", NULL);
  confirm (client);
  hein_test_bus_send (hub, NULL, "e", "end");
  assert_last (client, 6, "e", "end");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-patterns/publisher", test_publisher);
  g_test_add_func ("/bus-patterns/twice", test_twice);
  g_test_add_func ("/bus-patterns/inproc", test_inproc);
  g_test_add_func ("/bus-patterns/can-take", test_can_take);
  g_test_add_func ("/bus-patterns/bad", test_bad);
  g_test_add_func ("/bus-patterns/confirm-ends", test_confirm_ends);
  g_test_add_func ("/bus-patterns/memory", test_memory);
  g_test_add_func ("/bus-patterns/retained", test_retained);
  return g_test_run ();
}
