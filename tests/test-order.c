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
  hein_test_bus_hold_up (self->client);
}

static void
pair_clear (Pair *self)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

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
          guint32 number = hein_test_get_number (message);

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

      g_assert_true (
        hein_test_bus_send_number (self->hub, topic, first + i, BLOCK_SIZE));
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
  g_assert_cmpuint (n + hein_test_bus_count_dropped (pair.hub), ==,
                    n_rounds * N_TOPICS);
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

      g_assert_true (
        hein_test_bus_send_number (pair.hub, topic, i, BLOCK_SIZE));
      g_assert_cmpuint (count_queued (&pair), <=, LIMIT + BLOCK_SIZE);
      hein_bus_turn (pair.hub->bus, 0);
    }
  n = take_all (&pair, last);
  g_assert_true (g_hash_table_contains (last, newest));
  g_assert_cmpuint (n + hein_bus_get_n_dropped (pair.hub->bus,
                                                HEIN_DROP_REASON_OVERFLOW),
                    ==, N);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.hub), ==, N - n);
}

/* ---- without room ---- */

static HeinMessage *
make_block (const char *topic)
{
  guint8 data[BLOCK_SIZE] = { 0 };

  return hein_message_new_data (topic, data, sizeof data);
}

/* Everything that its peer takes without being asked. */
static void
fill (HeinTestBus *hub, const char *name, const char *topic)
{
  g_autoptr (HeinMessage) block = make_block (topic);
  guint n_refused = 0;

  while (n_refused < 20)
    {
      if (name != NULL ? hein_bus_send_to (hub->bus, name, block, NULL)
                       : hein_bus_send (hub->bus, block, NULL))
        n_refused = 0;
      else
        n_refused++;
      /* a peer that is held up still reads what goes into its buffers */
      g_main_context_iteration (NULL, FALSE);
    }
}

static char *
dup_topics (HeinTestBus *bus)
{
  g_autoptr (GString) topics = g_string_new (NULL);

  for (guint i = 0; i < bus->messages->len; i++)
    {
      const char *topic =
        hein_message_get_topic (g_ptr_array_index (bus->messages, i));

      if (strlen (topic) == 2)
        g_string_append_printf (topics, "%s ", topic);
    }
  return g_string_free (g_steal_pointer (&topics), FALSE);
}

static void
release (HeinTestBus *bus)
{
  g_autoptr (GPtrArray) kept = hein_bus_take (bus->bus, 100000);

  for (guint i = 0; i < kept->len; i++)
    g_ptr_array_add (bus->messages,
                     hein_message_ref (g_ptr_array_index (kept, i)));
  hein_test_bus_set_takes (bus, TRUE);
  g_object_set (bus->bus, "receive-limit", (guint64) 1000000, NULL);
}

static gpointer
send_six (gpointer data)
{
  HeinTestBus *hub = data;

  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%c%u", i % 2 ? 'b' : 'a', i);
      g_autoptr (HeinMessage) message = make_block (topic);

      g_assert_true (hein_bus_send (hub->bus, message, NULL));
    }
  return NULL;
}

/* Counts what goes by, and says something of its own about "a1". */
typedef struct
{
  GObject parent_instance;
  HeinBus *bus; /* borrowed */
  guint n;
} Remarker;

typedef GObjectClass RemarkerClass;

static GType remarker_get_type (void);

static HeinMessage *
remark (HeinFilter *filter, HeinMessage *message, GError **error)
{
  Remarker *self = (Remarker *) filter;
  g_autoptr (HeinMessage) remark = hein_message_new_text ("a4", "x");

  self->n++;
  if (g_str_equal (hein_message_get_topic (message), "a1"))
    g_assert_true (hein_bus_send (self->bus, remark, NULL));
  return hein_message_ref (message);
}

static void
filter_init (HeinFilterInterface *iface)
{
  iface->send = remark;
}

G_DEFINE_TYPE_WITH_CODE (Remarker,
                         remarker,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER, filter_init))

static void
remarker_class_init (RemarkerClass *klass)
{
}

static void
remarker_init (Remarker *self)
{
}

typedef struct
{
  HeinTestBus *hub;
  Remarker *filter;
} Owning;

static gpointer
send_and_own (gpointer data)
{
  Owning *self = data;
  HeinTestBus *hub = self->hub;

  hein_test_bus_send (hub, NULL, "a1", "x");
  hein_test_bus_send (hub, NULL, "a2", "x");
  g_assert_true (
    hein_bus_move_to_context (hub->bus, g_main_context_default (), NULL));
  hein_test_bus_send (hub, NULL, "a3", "x");
  /* which is no time to take in all that may wait */
  g_assert_cmpuint (self->filter->n, ==, 0);
  return NULL;
}

/* What a thread has sent before it became the owner, and what it sends then, also
 * from within a filter that sees the first of it. */
static void
test_new_owner (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) good = hein_test_bus_new ("good");
  g_autofree char *uri = make_uri ("");
  g_autofree char *topics = NULL;
  Owning owning = { hub, g_object_new (remarker_get_type (), NULL) };

  owning.filter->bus = hub->bus;
  hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (good, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_bus_add_filter (hub->bus, HEIN_FILTER (owning.filter));
  g_thread_join (g_thread_new ("owner", send_and_own, &owning));
  g_assert_true (
    hein_bus_move_to_context (hub->bus, g_main_context_default (), NULL));
  hein_test_wait (good->messages->len == 4);
  topics = dup_topics (good);
  g_assert_cmpstr (topics, ==, "a1 a2 a3 a4 ");
  /* from now on it goes its own way again */
  hein_test_bus_send (hub, NULL, "a5", "x");
  g_assert_cmpuint (owning.filter->n, ==, 5);
  g_object_unref (owning.filter);
}

/* Some of what another thread sends is for a peer without room, too, all of it
 * is for the second one: which waits, rather than to get them the wrong way
 * round. A third one is not concerned, and has room again. */
static void
test_from_a_thread (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) full = hein_test_bus_new ("full");
  g_autoptr (HeinTestBus) good = hein_test_bus_new ("good");
  g_autoptr (HeinTestBus) third = hein_test_bus_new ("third");
  g_autofree char *uri = make_uri ("");
  g_autofree char *topics = NULL;

  g_object_set (hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 50000, NULL);
  hein_test_bus_hold_up (full);
  hein_test_bus_hold_up (third);
  hein_bus_subscribe (full->bus, "a", NULL);
  hein_bus_subscribe (third->bus, "c", NULL);
  hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (full, uri);
  hein_test_bus_dial (good, uri);
  hein_test_bus_dial (third, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 3);
  fill (hub, NULL, "a");
  fill (hub, NULL, "c");
  g_thread_join (g_thread_new ("sender", send_six, hub));
  hein_test_wait (
    !hein_peer_get_has_room (hein_test_bus_find_peer (hub, "full")) &&
    !hein_peer_get_has_room (hein_test_bus_find_peer (hub, "third")));
  release (third);
  hein_test_wait (
    hein_peer_get_has_room (hein_test_bus_find_peer (hub, "third")));
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
  release (full);
  hein_test_wait ((g_free (topics), topics = dup_topics (good)) != NULL &&
                  strlen (topics) == 18);
  g_assert_cmpstr (topics, ==, "a0 b1 a2 b3 a4 b5 ");
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  guint *n = data;

  g_assert_true (hein_bus_send_finish (HEIN_BUS (source), result, &error));
  *n += 1;
}

/* What waits for room by send_async goes before what is sent later. */
static void
test_async_then_plain (void)
{
  g_auto (Pair) pair = { 0 };
  g_autofree char *uri = make_uri ("");
  g_autofree char *topics = NULL;
  g_autoptr (HeinMessage) plain = make_block ("p0");
  guint64 used;
  guint n_sent = 0;

  pair_init (&pair);
  g_object_set (pair.hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) 50000, NULL);
  meet (&pair, uri);
  fill (pair.hub, NULL, "fill");
  used = hein_bus_get_memory_used (pair.hub->bus);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *topic = g_strdup_printf ("a%u", i);
      g_autoptr (HeinMessage) message = make_block (topic);

      hein_bus_send_async (pair.hub->bus, message, NULL, on_sent, &n_sent);
    }
  g_assert_cmpuint (hein_bus_get_memory_used (pair.hub->bus), >=,
                    used + 4 * BLOCK_SIZE);
  release (pair.client);
  while (!hein_bus_send_to (pair.hub->bus, "client", plain, NULL))
    hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
  hein_test_wait (n_sent == 4);
  hein_test_wait ((g_free (topics), topics = dup_topics (pair.client)) !=
                    NULL &&
                  strlen (topics) == 15);
  g_assert_cmpstr (topics, ==, "a0 a1 a2 a3 p0 ");
}

static gpointer
send_named (gpointer data)
{
  HeinTestBus *hub = data;
  g_autoptr (HeinMessage) message = make_block ("n0");

  g_assert_true (hein_bus_send_to (hub->bus, "client", message, NULL));
  return NULL;
}

/* What is published never waits by default, what is for one does. From another
 * thread that goes before what is published later all the same. */
static void
test_named_then_published (void)
{
  g_auto (Pair) pair = { 0 };
  g_autofree char *uri = make_uri ("");
  g_autofree char *topics = NULL;
  g_autoptr (HeinMessage) published = make_block ("p1");
  guint64 used;

  pair_init (&pair);
  g_object_set (pair.hub->bus, "send-limit", (guint64) 50000, NULL);
  meet (&pair, uri);
  fill (pair.hub, "client", "fill");
  used = hein_bus_get_memory_used (pair.hub->bus);
  g_thread_join (g_thread_new ("sender", send_named, pair.hub));
  /* taken in, but not sent */
  hein_bus_turn (pair.hub->bus, 0);
  g_assert_cmpuint (hein_bus_get_memory_used (pair.hub->bus), >, used);
  g_assert_true (hein_bus_send (pair.hub->bus, published, NULL));
  release (pair.client);
  hein_test_wait ((g_free (topics), topics = dup_topics (pair.client)) !=
                    NULL &&
                  strlen (topics) == 6);
  g_assert_cmpstr (topics, ==, "n0 p1 ");
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
  g_test_add_func ("/order/from-a-thread", test_from_a_thread);
  g_test_add_func ("/order/new-owner", test_new_owner);
  g_test_add_func ("/order/async-then-plain", test_async_then_plain);
  g_test_add_func ("/order/named-then-published", test_named_then_published);
  return g_test_run ();
}
