/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "request-ends.h"

/* Whom a request goes to, and which of those who serve gets it. */

/* Nobody is there, or whoever is cannot be asked: an error at once. */
static void
test_nobody (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_auto (Asked) nobody = { 0 };
  g_auto (Asked) cannot = { 0 };
  g_auto (Asked) named = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "");
  HeinEndpoint *endpoint;

  ask (kirk, "t", "", &nobody);
  hein_test_wait (nobody.n_done == 1);
  g_assert_error (nobody.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
  endpoint = hein_test_bus_listen (spock, "tcp+aiomsg://127.0.0.1:0");
  hein_test_bus_dial (kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  ask (kirk, "t", "", &cannot);
  hein_test_wait (cannot.n_done == 1);
  g_assert_error (cannot.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (cannot.error->message, "aiomsg"));
  hein_bus_request_to_async (kirk->bus, "uhura", message, -1, NULL,
                             asked_on_done, &named);
  hein_test_wait (named.n_done == 1);
  g_assert_error (named.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

/* Of several that are asked, the first answer counts, and the others hear that
 * theirs does not; an error counts when there is no answer left to come. */
static void
test_several (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) uhura = hein_test_bus_new ("uhura");
  g_auto (Server) slow = { .keeps = TRUE };
  g_auto (Server) quick = { .keeps = TRUE };
  g_auto (Asked) asked = { 0 };
  g_auto (Asked) refused = { 0 };
  g_autofree char *uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));

  serve (&slow, spock, "t");
  serve (&quick, uhura, "t");
  hein_test_bus_dial (spock, uri);
  hein_test_bus_dial (uhura, uri);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2);
  ask (kirk, "t", "", &asked);
  hein_test_wait (slow.n_asked == 1 && quick.n_asked == 1);
  reply (g_ptr_array_index (quick.requests, 0), "first");
  hein_test_wait (asked.n_done == 1 && slow.n_cancelled == 1);
  assert_answer (&asked, "first");
  g_assert_cmpuint (quick.n_cancelled, ==, 0);
  ask (kirk, "t", "", &refused);
  hein_test_wait (slow.n_asked == 2 && quick.n_asked == 2);
  g_ptr_array_set_size (quick.requests, 0);
  hein_request_refuse (g_ptr_array_index (slow.requests, 1), 7, "no", NULL);
  hein_test_wait (refused.n_done == 1);
}

/* The strategy takes turns, and passes over who cannot be asked. */
static void
test_round_robin (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) deaf = hein_test_bus_new ("deaf");
  g_auto (Server) server = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", &error);
  guint n_done = 0;
  Asked asked[4] = { 0 };

  g_assert_no_error (error);
  hein_bus_set_strategy (kirk->bus, strategy);
  serve (&server, spock, "t");
  hein_test_bus_dial (spock,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));
  hein_test_bus_dial (deaf,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (kirk,
                                              "tcp+aiomsg://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      asked[i].n_all = &n_done;
      ask (kirk, "t", "x", &asked[i]);
    }
  hein_test_wait (n_done == G_N_ELEMENTS (asked));
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      assert_answer (&asked[i], "x");
      asked_clear (&asked[i]);
    }
}

static void
count_destroyed (gpointer data)
{
  (*(guint *) data)++;
}

static void
on_nothing (HeinBus *bus, HeinRequest *request, gpointer data)
{
}

/* Which patterns are taken, which go before others, and what is let go of. */
static void
test_patterns (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("kirk");
  g_autofree char *longest = g_strnfill (HEIN_TOPIC_MAX, 'x');
  g_autofree char *over = g_strnfill (HEIN_TOPIC_MAX + 1, 'x');
  const struct
  {
    const char *pattern;
    int code; /* -1: taken */
  } patterns[] = {
    { "a", -1 },
    { "a", HEIN_ERROR_DUPLICATE },
    { "", -1 },
    { "**", -1 },
    { "**", HEIN_ERROR_DUPLICATE },
    { "a/*/b", -1 },
    { "a*", HEIN_ERROR_FAILED },
    { "a/***", HEIN_ERROR_FAILED },
    { "\xff", HEIN_ERROR_FAILED },
    { longest, -1 },
    { over, HEIN_ERROR_TOO_LARGE },
  };
  guint n_destroyed = 0;
  guint n_failed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr (GError) error = NULL;

      hein_bus_serve (bus->bus, patterns[i].pattern, on_nothing, &n_destroyed,
                      count_destroyed, &error);
      if (patterns[i].code < 0)
        g_assert_no_error (error);
      else
        g_assert_error (error, HEIN_ERROR, patterns[i].code);
      n_failed += patterns[i].code >= 0;
      g_assert_cmpuint (n_destroyed, ==, n_failed);
    }
  hein_bus_unserve (bus->bus, "a");
  hein_bus_unserve (bus->bus, "**");
  hein_bus_unserve (bus->bus, "never");
  g_assert_cmpuint (n_destroyed, ==, n_failed + 2);
  g_clear_pointer (&bus, hein_test_bus_free);
  g_assert_cmpuint (n_destroyed, ==, G_N_ELEMENTS (patterns));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/request-whom/nobody", test_nobody);
  g_test_add_func ("/request-whom/several", test_several);
  g_test_add_func ("/request-whom/round-robin", test_round_robin);
  g_test_add_func ("/request-whom/patterns", test_patterns);
  return g_test_run ();
}
