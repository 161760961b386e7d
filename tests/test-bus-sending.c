/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "bus-ends.h"

/* Sending and receiving: what happens where there is nobody, or no room; to
 * whom a message goes, and how it is taken. */

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
  g_autoptr (HeinMessage) message = bus_ends_make_block (1001);
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
  g_autoptr (HeinMessage) message = bus_ends_make_block (60000);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_object_set (hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 1000000, NULL);
  stall (client);
  bus_ends_meet (hub, client);
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
  bus_ends_meet (hub, client);
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
  bus_ends_meet (hub, client);
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (HeinMessage) message = bus_ends_make_block (60000);

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
  bus_ends_meet (hub, client);
  hein_test_wait (client->messages->len == 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      bus_ends_assert_text (client, i, text);
    }
}

static void
test_named_comes_back (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *client = hein_test_bus_new ("kirk");
  g_autofree char *uri = bus_ends_listen_at (hub);

  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_free (client);
  hein_test_wait (hub->removed->len == 1);
  hein_test_bus_send (hub, "kirk", "t", "one");
  hein_test_bus_send (hub, "kirk", "t", "two");
  client = hein_test_bus_new ("kirk");
  hein_test_bus_dial (client, uri);
  hein_test_wait (client->messages->len == 2);
  bus_ends_assert_text (client, 0, "one");
  bus_ends_assert_text (client, 1, "two");
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
  bus_ends_meet (hub, client);
  peer = g_ptr_array_index (client->added, 0);
  received = hein_peer_get_messages_received (peer);
  hein_test_bus_send (hub, NULL, "weather", "not sent");
  hein_test_bus_send (hub, NULL, "news.today", "sent");
  hein_test_bus_send (hub, "client", "weather", "addressed");
  hein_test_wait (client->messages->len == 2);
  bus_ends_assert_text (client, 0, "sent");
  bus_ends_assert_text (client, 1, "addressed");
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
  bus_ends_assert_text (client, 2, "sent");
}

static void
test_keep_latest (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (GPtrArray) latest = NULL;

  g_object_set (client->bus, "keep-latest", TRUE, NULL);
  bus_ends_meet (hub, client);
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
  bus_ends_meet (hub, client);
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
  bus_ends_meet (hub, client);
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
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
  return g_test_run ();
}
