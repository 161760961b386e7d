/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"

/* channel: state, not a queue. */

static void
put_number (guint8 *data, guint32 number)
{
  memcpy (data, &number, sizeof number);
}

static char *
listen_at (HeinTestBus *hub)
{
  return g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (hub, "channel://127.0.0.1:0")));
}

static void
assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

/* A newcomer gets all current values, then the live ones. */
static void
test_newcomer (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = listen_at (hub);

  hein_test_bus_send (hub, NULL, "speed", "1");
  hein_test_bus_send (hub, NULL, "course", "90");
  hein_test_bus_send (hub, NULL, "speed", "2");
  hein_test_bus_dial (client, uri);
  hein_test_wait (client->messages->len == 2);
  assert_text (client, 0, "90");
  assert_text (client, 1, "2");
  hein_test_bus_send (hub, NULL, "speed", "3");
  hein_test_wait (client->messages->len == 3);
  assert_text (client, 2, "3");
}

/* A reader that stalls: one value a topic waits, whatever is written; then it
 * gets the newest ones. */
static void
test_slow_reader (void)
{
  enum
  {
    N_TOPICS = 10,
    N_ROUNDS = 1000
  };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = listen_at (hub);
  g_autofree guint8 *data = g_malloc0 (10000);
  guint64 n_replaced;
  guint n_last = 0;

  g_object_set (client->bus, "receive-limit", (guint64) 65536, NULL);
  hein_test_bus_set_takes (client, FALSE);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  for (guint i = 0; i < N_ROUNDS * N_TOPICS; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i % N_TOPICS);
      g_autoptr (HeinMessage) message = NULL;

      put_number (data, i / N_TOPICS);
      message = hein_message_new_data (topic, data, 10000);
      g_assert_true (hein_bus_send (hub->bus, message, NULL));
      if (i % N_TOPICS == 0)
        hein_bus_turn (hub->bus, 0);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (hub->bus), <, 1000000);
  n_replaced = hein_bus_get_n_dropped (hub->bus, HEIN_DROP_REASON_REPLACED);
  g_assert_cmpuint (n_replaced, >, 0);
  hein_test_bus_set_takes (client, TRUE);
  while (n_last < N_TOPICS)
    {
      hein_test_wait (client->messages->len > 0);
      for (guint i = 0; i < client->messages->len; i++)
        n_last += hein_test_get_number (
                    g_ptr_array_index (client->messages, i)) == N_ROUNDS - 1;
      g_ptr_array_set_size (client->messages, 0);
    }
  g_assert_cmpuint (n_last, ==, N_TOPICS);
}

/* S2: the reading side of it: values are looked up, nobody takes messages, and
 * the writer never stops. */
static void
test_state_is_read (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = listen_at (hub);
  g_autofree guint8 *data = g_malloc0 (1000);
  guint32 last = 0;

  hein_test_bus_set_takes (client, FALSE);
  g_object_set (client->bus, "keep-latest", TRUE, "receive-limit",
                (guint64) 65536, NULL);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  for (guint i = 1; i <= 1000; i++)
    {
      g_autoptr (HeinMessage) message = NULL;

      put_number (data, i);
      message = hein_message_new_data ("value", data, 1000);
      g_assert_true (hein_bus_send (hub->bus, message, NULL));
      hein_bus_turn (hub->bus, 0);
      hein_bus_turn (client->bus, 0);
    }
  while (last < 1000)
    {
      g_autoptr (GPtrArray) latest = hein_bus_get_latest (client->bus, "value");

      if (latest->len > 0)
        last = hein_test_get_number (g_ptr_array_index (latest, 0));
      if (last < 1000)
        g_assert_true (
          hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  g_assert_cmpuint (hein_bus_get_n_dropped (client->bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/newcomer", test_newcomer);
  g_test_add_func ("/channel/slow-reader", test_slow_reader);
  g_test_add_func ("/channel/state-is-read", test_state_is_read);
  return g_test_run ();
}
