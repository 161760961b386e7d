/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "hein-test.h"

/* What one bus sends to another arrives in the order in which it was sent,
 * whichever way each message went. */

#define BLOCK_SIZE 4000

/* A hub, and a peer that takes nothing until it is told to. */
typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
} Pair;

static char *
make_uri (const char *options)
{
  static guint serial;

  return g_strdup_printf ("unix:@hein-order-%d-%u%s", (int) getpid (), serial++,
                          options);
}

static void
hold_up (HeinTestBus *client)
{
  g_object_set (client->bus, "receive-limit", (guint64) 1, NULL);
  hein_test_bus_set_takes (client, FALSE);
}

static void
meet (Pair *self, const char *uri)
{
  hein_test_bus_listen (self->hub, uri);
  hein_test_bus_dial (self->client, uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->client) == 1);
}

static void
pair_init (Pair *self)
{
  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  hold_up (self->client);
}

static void
pair_clear (Pair *self)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* The number comes first in a payload that fills sockets quickly. */
static gboolean
send_number (HeinTestBus *hub, const char *topic, guint32 number)
{
  guint8 data[BLOCK_SIZE] = { 0 };
  g_autoptr (HeinMessage) message = NULL;

  memcpy (data, &number, sizeof number);
  message = hein_message_new_data (topic, data, sizeof data);
  return hein_bus_send (hub->bus, message, NULL);
}

static guint32
get_number (HeinMessage *message)
{
  guint32 number;

  memcpy (&number, hein_message_peek_data (message, NULL), sizeof number);
  return number;
}

/* What the hub has for peers that are there. */
static guint64
count_queued (Pair *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->hub->bus);
  guint64 queued = 0;

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    queued += hein_peer_get_queued_bytes (hein_peers_get_peer (peers, i));
  return queued;
}

/* Takes until the hub has nothing more for it, and checks that no topic goes
 * back. @last: topic -> number of its last value. Returns how many came. */
static guint
take_all (Pair *self, GHashTable *last)
{
  guint n = 0;
  guint n_idle = 0;

  while (n_idle < 3)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (self->client->bus, 1000);

      for (guint i = 0; i < some->len; i++, n++)
        {
          HeinMessage *message = g_ptr_array_index (some, i);
          const char *topic = hein_message_get_topic (message);
          guint32 number = get_number (message);

          g_assert_cmpuint (number, >=,
                            GPOINTER_TO_UINT (
                              g_hash_table_lookup (last, topic)));
          g_hash_table_insert (last, g_strdup (topic),
                               GUINT_TO_POINTER (number));
        }
      hein_bus_turn (self->hub->bus, 0);
      hein_bus_turn (self->client->bus, 0);
      n_idle = some->len == 0 && count_queued (self) == 0 ? n_idle + 1 : 0;
    }
  return n;
}

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
assert_last (GHashTable *last, guint n_topics, guint32 first)
{
  g_assert_cmpuint (g_hash_table_size (last), ==, n_topics);
  for (guint i = 0; i < n_topics; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (last, topic)),
                        ==, first + i);
    }
}

static void
send_round (Pair *self, guint n_topics, guint32 first)
{
  for (guint i = 0; i < n_topics; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      g_assert_true (send_number (self->hub, topic, first + i));
      hein_bus_turn (self->hub->bus, 0);
    }
}

/* A newcomer that is slow gets what is retained, then what is sent live: more
 * than its socket takes. */
static void
retained (const char *options)
{
  enum
  {
    N_TOPICS = 900
  };
  g_auto (Pair) pair = { 0 };
  g_autofree char *uri = make_uri (options);
  g_autoptr (GHashTable) last = new_table ();

  pair_init (&pair);
  g_object_set (pair.hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  hein_test_bus_listen (pair.hub, uri);
  send_round (&pair, N_TOPICS, 1);
  hein_test_bus_dial (pair.client, uri);
  hein_test_wait (hein_test_bus_count_peers (pair.hub) == 1);
  send_round (&pair, N_TOPICS, 10000);
  take_all (&pair, last);
  assert_last (last, N_TOPICS, 10000);
}

static void
test_retained_then_live (void)
{
  retained ("?retain=yes");
}

static void
test_retained_then_latest (void)
{
  retained ("?retain=yes&overflow=latest");
}

static guint64
count_dropped (HeinTestBus *bus)
{
  guint64 n = 0;

  for (int reason = 0; reason <= HEIN_DROP_LOST; reason++)
    n += hein_bus_get_n_dropped (bus->bus, reason);
  return n;
}

/* The policy is another while values wait. */
static void
test_policy_changes (gconstpointer data)
{
  enum
  {
    N_TOPICS = 200
  };
  const HeinOverflow *policies = data;
  g_auto (Pair) pair = { 0 };
  g_autofree char *uri = make_uri ("");
  g_autoptr (GHashTable) last = new_table ();
  guint n_rounds = 0;
  guint n;

  pair_init (&pair);
  meet (&pair, uri);
  for (; policies[n_rounds] != HEIN_OVERFLOW_DEFAULT; n_rounds++)
    {
      g_object_set (pair.hub->bus, "overflow", policies[n_rounds], NULL);
      send_round (&pair, N_TOPICS, 1 + n_rounds * 1000);
    }
  n = take_all (&pair, last);
  assert_last (last, N_TOPICS, 1 + (n_rounds - 1) * 1000);
  g_assert_cmpuint (n + count_dropped (pair.hub), ==, n_rounds * N_TOPICS);
}

static const HeinOverflow to_wait[] = { HEIN_OVERFLOW_LATEST,
                                        HEIN_OVERFLOW_WAIT,
                                        HEIN_OVERFLOW_DEFAULT };
static const HeinOverflow to_drop_oldest[] = { HEIN_OVERFLOW_LATEST,
                                               HEIN_OVERFLOW_DROP_OLDEST,
                                               HEIN_OVERFLOW_DEFAULT };
static const HeinOverflow to_and_fro[] = {
  HEIN_OVERFLOW_LATEST, HEIN_OVERFLOW_WAIT,        HEIN_OVERFLOW_LATEST,
  HEIN_OVERFLOW_WAIT,   HEIN_OVERFLOW_DROP_NEWEST, HEIN_OVERFLOW_LATEST,
  HEIN_OVERFLOW_DEFAULT
};

/* Ever new topics for a peer that takes nothing: the limit holds, the oldest
 * values go, and every one is counted. */
static void
test_latest_is_limited (void)
{
  enum
  {
    LIMIT = 300000,
    N = 2000
  };
  g_auto (Pair) pair = { 0 };
  g_autofree char *uri = make_uri ("?overflow=latest");
  g_autoptr (GHashTable) last = new_table ();
  g_autofree char *newest = g_strdup_printf ("%u", N - 1);
  guint n;

  pair_init (&pair);
  g_object_set (pair.hub->bus, "send-limit", (guint64) LIMIT, NULL);
  meet (&pair, uri);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      g_assert_true (send_number (pair.hub, topic, i));
      g_assert_cmpuint (count_queued (&pair), <=, LIMIT + BLOCK_SIZE);
      hein_bus_turn (pair.hub->bus, 0);
    }
  n = take_all (&pair, last);
  g_assert_true (g_hash_table_contains (last, newest));
  g_assert_cmpuint (n + hein_bus_get_n_dropped (pair.hub->bus,
                                                HEIN_DROP_OVERFLOW),
                    ==, N);
  g_assert_cmpuint (count_dropped (pair.hub), ==, N - n);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/order/retained-then-live", test_retained_then_live);
  g_test_add_func ("/order/retained-then-latest", test_retained_then_latest);
  g_test_add_data_func ("/order/latest-to-wait", to_wait, test_policy_changes);
  g_test_add_data_func ("/order/latest-to-drop-oldest", to_drop_oldest,
                        test_policy_changes);
  g_test_add_data_func ("/order/latest-to-and-fro", to_and_fro,
                        test_policy_changes);
  g_test_add_func ("/order/latest-is-limited", test_latest_is_limited);
  return g_test_run ();
}
