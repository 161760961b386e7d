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
  /* a round trip for each message takes long under valgrind */
  g_object_set (self->client->bus, "linger-ms", 60000, NULL);
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
  g_assert_cmpuint (hein_bus_get_n_dropped (pair.hub->bus,
                                            HEIN_DROP_REASON_INVALID),
                    ==, 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair.client->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 1);
  g_assert_cmpuint (pair.hub->removed->len, ==, 0);
  pair_clear (&pair);
}

/* ---- what servers and clients are used for ---- */

static char *
listen_at (HeinTestBus *bus, const char *query)
{
  g_autofree char *wanted =
    g_strconcat ("tcp+tinyproto://127.0.0.1:0", query, NULL);
  g_auto (GStrv) halves = g_strsplit (hein_endpoint_get_bound_uri (
                                        hein_test_bus_listen (bus, wanted)),
                                      "?", 2);

  return g_strdup (halves[0]);
}

/* T1: a server on three addresses, each of which has a client. */
static void
test_addresses (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *clients[3];

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *uri = listen_at (hub, "");

      clients[i] = hein_test_bus_new (NULL);
      hein_test_bus_dial (clients[i], uri);
    }
  hein_test_wait (hein_test_bus_count_peers (hub) == 3);
  for (guint i = 0; i < 3; i++)
    say (clients[i], 0, 1);
  hein_test_wait (hub->messages->len == 3);
  say (hub, 0, 1);
  for (guint i = 0; i < 3; i++)
    {
      hein_test_wait (clients[i]->messages->len == 1);
      hein_test_bus_free (clients[i]);
    }
}

static void
on_added (HeinBus *bus, HeinPeer *peer, GString *events)
{
  g_assert_true (hein_peer_get_is_up (peer));
  g_string_append (events, "init ");
}

static void
on_message (HeinBus *bus, HeinMessage *message, GString *events)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_assert_true (hein_peer_get_is_up (hein_message_get_sender (message)));
  g_string_append_printf (events, "%s ", text);
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, GError *error, GString *events)
{
  g_assert_false (hein_peer_get_is_up (peer));
  g_string_append (events, "shutdown ");
}

/* T2, T3: once each, and in this order: a peer is told of before its first
 * message, and when its connection has ended, behind its last one. */
static void
test_hooks (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *client = hein_test_bus_new (NULL);
  g_autoptr (GString) events = g_string_new (NULL);
  g_autofree char *uri = listen_at (hub, "");

  hein_test_bus_set_takes (hub, FALSE);
  g_object_connect (hub->bus, "signal::peer-added", on_added, events,
                    "signal::message", on_message, events,
                    "signal::peer-removed", on_removed, events, NULL);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (client, NULL, "", "one");
  hein_test_bus_send (client, NULL, "", "two");
  hein_test_bus_close (client);
  hein_test_wait (hub->removed->len == 1);
  g_assert_cmpstr (events->str, ==, "init one two shutdown ");
  hein_test_bus_free (client);
  g_signal_handlers_disconnect_by_data (hub->bus, events);
}

/* T7: the second of two is refused, and the server serves the first on, and the
 * next when that has gone. */
static void
test_limit (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) second = hein_test_bus_new ("second");
  HeinTestBus *first = hein_test_bus_new ("first");
  g_autofree char *uri = listen_at (hub, "?max-peers=1");

  hein_test_bus_dial (first, uri);
  hein_test_wait (hub->added->len == 1 && first->added->len == 1);
  hein_test_bus_dial (second, uri);
  hein_test_wait (second->removed->len > 0);
  g_assert_nonnull (second->reason);
  say (first, 0, 1);
  hein_test_wait (hub->messages->len == 1);
  g_assert_cmpuint (hub->added->len, ==, 1);
  hein_test_bus_free (first);
  hein_test_wait (hub->removed->len == 1);
  {
    g_autoptr (HeinTestBus) third = hein_test_bus_new ("third");

    hein_test_bus_dial (third, uri);
    hein_test_wait (hub->added->len == 2);
  }
}

static HeinPeer *
find_peer_at (HeinTestBus *bus, HeinEndpoint *endpoint)
{
  HeinPeers *peers = hein_bus_get_peers (bus->bus);

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    if (hein_peer_get_endpoint (hein_peers_get_peer (peers, i)) == endpoint)
      return hein_peers_get_peer (peers, i);
  return NULL;
}

/* T8, T9: a client of two servers tells them apart, and waits for an answer in
 * the midst of a function. */
static void
test_several (void)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new (NULL);
  HeinTestBus *servers[2];
  HeinEndpoint *endpoints[2];

  hein_test_bus_set_takes (client, FALSE);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *uri = NULL;

      servers[i] = hein_test_bus_new (NULL);
      uri = listen_at (servers[i], "");
      endpoints[i] = hein_test_bus_dial (client, uri);
    }
  hein_test_wait (hein_test_bus_count_peers (client) == 2);
  for (guint i = 0; i < 2; i++)
    {
      const char *name =
        hein_peer_get_name (find_peer_at (client, endpoints[i]));
      g_autoptr (HeinMessage) answer = NULL;
      const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

      hein_test_bus_send (client, name, "", "only you");
      hein_test_wait (servers[i]->messages->len == 1);
      hein_test_bus_send (servers[i], NULL, "", "indeed");
      while ((answer = hein_bus_receive (client->bus, 1, NULL)) == NULL)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, end_us);
          hein_bus_turn (servers[i]->bus, 0);
        }
      g_assert_true (hein_message_get_sender (answer) ==
                     find_peer_at (client, endpoints[i]));
    }
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (servers[i]->messages->len, ==, 1);
      hein_test_bus_free (servers[i]);
    }
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
  g_test_add_func ("/tinyproto-bus/addresses", test_addresses);
  g_test_add_func ("/tinyproto-bus/hooks", test_hooks);
  g_test_add_func ("/tinyproto-bus/limit", test_limit);
  g_test_add_func ("/tinyproto-bus/several", test_several);
  return g_test_run ();
}
