/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-test.h"

/* Whole buses that speak aiomsg. A… are the requirements of a test. */

#define ANY    "tcp+aiomsg://127.0.0.1:0"
#define N_MANY 200

static char *
listen_at (HeinTestBus *bus, const char *uri)
{
  g_auto (GStrv) halves =
    g_strsplit (hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, uri)),
                "?", 2);

  return g_strdup (halves[0]);
}

static void
set_strategy (HeinTestBus *bus, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (name, &error);

  g_assert_no_error (error);
  hein_bus_set_strategy (bus->bus, strategy);
}

static void
send_numbers (HeinTestBus *bus, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (bus, NULL, "", text);
    }
}

static void
assert_numbers (HeinTestBus *bus, guint n)
{
  hein_test_wait (bus->messages->len >= n);
  g_assert_cmpuint (bus->messages->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%u", i);
      g_autofree char *text = hein_test_bus_dup_text (bus, i);

      g_assert_cmpstr (text, ==, expected);
    }
}

/* A1, A2: one bus listens at two addresses and dials two others; by turns, to
 * all and to one, it makes no difference which end somebody is. */
static void
test_both_ends (void)
{
  static const char *const names[] = { "one", "two", "three", "four" };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *others[4];

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *uri = NULL;

      others[i] = hein_test_bus_new (names[i]);
      uri = listen_at (i < 2 ? hub : others[i], ANY);
      hein_test_bus_dial (i < 2 ? others[i] : hub, uri);
    }
  hein_test_wait (hein_test_bus_count_peers (hub) == 4);
  hein_test_bus_send (hub, NULL, "", "to all");
  hein_test_bus_send (hub, "three", "", "to three");
  set_strategy (hub, "round-robin");
  send_numbers (hub, 0, 8);
  for (guint i = 0; i < 4; i++)
    {
      const guint n = i == 2 ? 4 : 3;

      hein_test_wait (others[i]->messages->len == n);
      hein_test_bus_send (others[i], "hub", "", "back");
    }
  hein_test_wait (hub->messages->len == 4);
  for (guint i = 0; i < 4; i++)
    hein_test_bus_free (others[i]);
}

/* A3: what is sent to nobody waits, in order, for the first who comes, and no
 * more of it than the limit that was set. */
static void
test_nobody_there (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = listen_at (hub, ANY);
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "too many");
  g_autoptr (GError) error = NULL;

  set_strategy (hub, "round-robin");
  send_numbers (hub, 0, N_MANY);
  g_object_set (hub->bus, "send-limit", (guint64) 1, NULL);
  g_assert_false (hein_bus_send (hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_object_set (hub->bus, "send-limit", (guint64) 1 << 20, NULL);
  hein_test_bus_dial (kirk, uri);
  assert_numbers (kirk, N_MANY);
}

/* A3, A4: the same when somebody was there and comes again. */
static void
test_comes_back (void)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinTestBus *hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub, ANY);

  set_strategy (client, "round-robin");
  hein_test_bus_dial (client, uri);
  for (guint i = 0; i < 3; i++)
    {
      hein_test_wait (client->added->len == i + 1);
      hein_test_bus_free (hub);
      hein_test_wait (client->removed->len == i + 1);
      send_numbers (client, 0, N_MANY);
      hub = hein_test_bus_new ("hub");
      hein_test_bus_listen (hub, uri);
      assert_numbers (hub, N_MANY);
    }
  hein_test_bus_free (hub);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_close_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

/* A12: a close with ten seconds of time ends when all has gone out, which it
 * does although the other side takes nothing for a while. */
static void
test_close (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = listen_at (hub, ANY);
  g_autofree guint8 *zeroes = g_malloc0 (100000);
  g_autoptr (HeinMessage) message = hein_message_new_data ("", zeroes, 100000);
  gboolean is_closed = FALSE;
  guint n_taken = 0;

  g_object_set (hub->bus, "receive-limit", (guint64) 1, NULL);
  hein_test_bus_set_takes (hub, FALSE);
  g_object_set (client->bus, "linger-ms", 10000u, "send-limit",
                (guint64) 64 << 20, NULL);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  for (guint i = 0; i < N_MANY; i++)
    g_assert_true (hein_bus_send_to (client->bus, "hub", message, NULL));
  hein_bus_close_async (client->bus, NULL, on_closed, &is_closed);
  for (guint i = 0; i < 10; i++)
    hein_bus_turn (hub->bus, 0);
  g_assert_false (is_closed);
  while (n_taken < N_MANY)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (hub->bus, N_MANY);

      n_taken += some->len;
      g_assert_true (
        hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  hein_test_wait (is_closed);
  g_assert_cmpuint (hein_bus_get_n_dropped (client->bus, HEIN_DROP_CLOSED), ==,
                    0);
}

/* A15: a limit that is set; one byte more ends the connection, for a reason
 * that is told, and who sent it comes back. */
static void
test_max_size (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree guint8 *zeroes = g_malloc0 (2000);
  g_autoptr (HeinMessage) fits = hein_message_new_data ("", zeroes, 1000);
  g_autoptr (HeinMessage) larger = hein_message_new_data ("", zeroes, 2000);
  g_autofree char *uri = NULL;

  g_object_set (hub->bus, "max-message-size", (guint64) 1000, NULL);
  uri = listen_at (hub, ANY);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  g_assert_true (hein_bus_send_to (client->bus, "hub", fits, NULL));
  hein_test_wait (hub->messages->len == 1);
  g_assert_true (hein_bus_send_to (client->bus, "hub", larger, NULL));
  hein_test_wait (hub->removed->len == 1);
  g_assert_error (hub->reason, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  hein_test_wait (hub->added->len == 2);
  g_assert_cmpuint (hub->messages->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/aiomsg-bus/" path, test)
  ADD ("both-ends", test_both_ends);
  ADD ("nobody-there", test_nobody_there);
  ADD ("comes-back", test_comes_back);
  ADD ("close", test_close);
  ADD ("max-size", test_max_size);
  return g_test_run ();
}
