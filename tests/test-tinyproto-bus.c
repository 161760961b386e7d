/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

/*
 * The protocol between two buses, over sockets: what its own tests assume of
 * queues, holding and closing is so. T… are the requirements of a test.
 */

#define LARGE_SIZE 300000
#define LARGE_STEP 400 /* every so many messages comes a large one */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
} Pair;

static void
pair_init (Pair *self, const char *query)
{
  g_autofree char *uri =
    g_strconcat ("tcp+tinyproto://127.0.0.1:0", query, NULL);

  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  hein_test_bus_dial (self->client, hein_endpoint_get_bound_uri (
                                      hein_test_bus_listen (self->hub, uri)));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->client) == 1);
}

static void
pair_clear (Pair *self)
{
  hein_test_bus_free (self->hub);
  hein_test_bus_free (self->client);
}

static char *
make_text (guint index)
{
  g_autofree char *filler =
    g_strnfill (index % LARGE_STEP == 1 ? LARGE_SIZE : index % 100, 'x');

  return g_strdup_printf ("%u %s", index, filler);
}

static void
say (HeinTestBus *bus, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    {
      g_autofree char *text = make_text (i);

      hein_test_bus_send (bus, NULL, "", text);
    }
}

static void
assert_heard (HeinTestBus *bus, guint n)
{
  g_assert_cmpuint (bus->messages->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = make_text (i);
      g_autofree char *heard = hein_test_bus_dup_text (bus, i);

      g_assert_cmpstr (heard, ==, text);
    }
}

static void
say_both (const char *query, guint n)
{
  Pair pair;

  pair_init (&pair, query);
  for (guint i = 0; i < n; i += 50)
    {
      say (pair.hub, i, 50);
      say (pair.client, i, 50);
      hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
    }
  hein_test_wait (pair.hub->messages->len >= n &&
                  pair.client->messages->len >= n);
  assert_heard (pair.hub, n);
  assert_heard (pair.client, n);
  /* neither has lost the other one on the way */
  g_assert_cmpuint (pair.hub->added->len, ==, 1);
  g_assert_cmpuint (pair.hub->removed->len, ==, 0);
  g_assert_cmpuint (pair.client->added->len, ==, 1);
  g_assert_cmpuint (pair.client->removed->len, ==, 0);
  pair_clear (&pair);
}

/* T12 */
static void
test_both (void)
{
  say_both ("?turn-ms=0", 2000);
}

/* T12: with turns; after the first collision they are not waited for. */
static void
test_both_in_turn (void)
{
  say_both ("", 200);
}

/* What waited behind the hold goes out before the end. */
static void
test_close (void)
{
  Pair pair;

  pair_init (&pair, "?turn-ms=0");
  say (pair.client, 0, 1000);
  hein_test_bus_close (pair.client);
  hein_test_wait (pair.hub->messages->len == 1000);
  assert_heard (pair.hub, 1000);
  pair_clear (&pair);
}

/* Also what waited for its turn only. */
static void
test_close_in_turn (void)
{
  Pair pair;

  pair_init (&pair, "");
  say (pair.client, 0, 1);
  hein_test_wait (pair.hub->messages->len == 1);
  say (pair.hub, 0, 3);
  hein_test_bus_close (pair.hub);
  hein_test_wait (pair.client->messages->len == 3);
  assert_heard (pair.client, 3);
  pair_clear (&pair);
}

/* T5: over the limit of the other side, which both count, and go on. */
static void
test_refused (void)
{
  Pair pair;

  pair_init (&pair, "?max-size=1000");
  say (pair.client, 0, 3); /* of which the second one is large */
  hein_test_wait (pair.hub->messages->len == 2);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair.hub->bus, HEIN_DROP_INVALID),
                    ==, 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair.client->bus,
                                            HEIN_DROP_UNSENDABLE),
                    ==, 1);
  g_assert_cmpuint (pair.hub->removed->len, ==, 0);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tinyproto-bus/both", test_both);
  g_test_add_func ("/tinyproto-bus/both-in-turn", test_both_in_turn);
  g_test_add_func ("/tinyproto-bus/close", test_close);
  g_test_add_func ("/tinyproto-bus/close-in-turn", test_close_in_turn);
  g_test_add_func ("/tinyproto-bus/refused", test_refused);
  return g_test_run ();
}
