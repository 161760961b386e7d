/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "strategy-suite.h"

static const HeinStrategySuite suites[] = {
  { .name = "publish", .gives_all = TRUE },
  { .name = "round-robin", .holds = TRUE, .evades = TRUE },
  { .name = "by-name", .takes_names = TRUE, .holds = TRUE },
  { .name = "by-origin", .key = "accepted", .gives_all = TRUE, .waits = TRUE },
  { .name = "random", .holds = TRUE, .evades = TRUE },
  { .name = "least-queued", .holds = TRUE, .evades = TRUE },
  { .name = "sticky", .holds = TRUE },
  { .name = "failover", .holds = TRUE, .evades = TRUE },
};

/* Takes back what it said; key "all": and says something else. */
#define TYPE_FICKLE (fickle_get_type ())
G_DECLARE_FINAL_TYPE (Fickle, fickle, , FICKLE, HeinStrategy)

struct _Fickle
{
  HeinStrategy parent_instance;
};

G_DEFINE_FINAL_TYPE (Fickle, fickle, HEIN_TYPE_STRATEGY)

static void
fickle_select (HeinStrategy *strategy,
               HeinPeers *peers,
               const char *key,
               HeinMessage *message,
               HeinSelection *selection)
{
  if (hein_peers_get_n_peers (peers) > 0)
    hein_selection_add (selection, hein_peers_get_peer (peers, 0));
  hein_selection_add_all (selection);
  hein_selection_hold_for (selection, "anna");
  hein_selection_drop (selection);
  if (g_strcmp0 (key, "all") == 0)
    hein_selection_add_all (selection);
}

static void
fickle_class_init (FickleClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = fickle_select;
}

static void
fickle_init (Fickle *self)
{
}

static HeinStrategyBench *
make_bench (const char *strategy_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (strategy_name, &error);

  g_assert_no_error (error);
  return hein_strategy_bench_new (strategy);
}

static void
assert_takers (HeinStrategyBench *bench, guint index, const char *expected)
{
  g_autofree char *takers = hein_strategy_bench_dup_takers (bench, index);

  g_assert_cmpstr (takers, ==, expected);
}

static void
clear_messages (HeinStrategyBench *bench)
{
  for (guint i = 0; i < bench->workers->len; i++)
    {
      HeinTestBus *worker = g_ptr_array_index (bench->workers, i);

      g_ptr_array_set_size (worker->messages, 0);
    }
}

static void
test_unknown (void)
{
  g_autoptr (GError) error = NULL;
  HeinStrategy *strategy = hein_strategy_new ("no-such-strategy", &error);

  g_assert_null (strategy);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN);
}

/* The turn goes on where it was, whoever comes and goes. */
static void
test_round_robin_turns (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("round-robin");

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_add (bench, "carl");
  hein_strategy_bench_send (bench, NULL, 4);
  hein_strategy_bench_wait (bench, 4);
  assert_takers (bench, 0, "anna");
  assert_takers (bench, 1, "bert");
  assert_takers (bench, 2, "carl");
  assert_takers (bench, 3, "anna");
  clear_messages (bench);
  hein_strategy_bench_remove (bench, "anna");
  hein_strategy_bench_send (bench, NULL, 3);
  hein_strategy_bench_wait (bench, 3);
  assert_takers (bench, 0, "bert");
  assert_takers (bench, 1, "carl");
  assert_takers (bench, 2, "bert");
  clear_messages (bench);
  hein_strategy_bench_add (bench, "dora");
  hein_strategy_bench_send (bench, NULL, 3);
  hein_strategy_bench_wait (bench, 3);
  assert_takers (bench, 0, "carl");
  assert_takers (bench, 1, "dora");
  assert_takers (bench, 2, "bert");
}

/* What is dropped is for nobody, whatever was said before, and counted. */
static void
test_drop (void)
{
  g_autoptr (HeinStrategy) strategy = g_object_new (TYPE_FICKLE, NULL);
  g_autoptr (HeinStrategyBench) bench = hein_strategy_bench_new (strategy);

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_send (bench, NULL, 2);
  hein_strategy_bench_send (bench, "all", 1);
  hein_strategy_bench_wait (bench, 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (bench->chooser->bus,
                                            HEIN_DROP_REASON_STRATEGY),
                    ==, 2);
}

/* The one before the last has gone: nobody misses a turn. */
static void
test_round_robin_earlier_lost (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("round-robin");

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_add (bench, "carl");
  hein_strategy_bench_send (bench, NULL, 2);
  hein_strategy_bench_wait (bench, 2);
  clear_messages (bench);
  hein_strategy_bench_remove (bench, "anna");
  hein_strategy_bench_send (bench, NULL, 2);
  hein_strategy_bench_wait (bench, 2);
  assert_takers (bench, 0, "carl");
  assert_takers (bench, 1, "bert");
}

static void
test_publish_late (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("publish");
  HeinTestBus *anna = hein_strategy_bench_add (bench, "anna");
  HeinTestBus *bert;

  hein_strategy_bench_send (bench, NULL, 5);
  hein_test_wait (anna->messages->len == 5);
  bert = hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_send (bench, NULL, 1);
  hein_test_wait (anna->messages->len == 6 && bert->messages->len == 1);
}

static void
test_by_name_without_key (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("by-name");

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_send (bench, NULL, 2);
  g_assert_cmpuint (hein_bus_get_n_dropped (bench->chooser->bus,
                                            HEIN_DROP_REASON_STRATEGY),
                    ==, 2);
}

static char *
dup_sequence (guint seed)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("random");
  g_autoptr (GString) sequence = g_string_new (NULL);

  g_object_set (bench->strategy, "seed", seed, NULL);
  hein_strategy_bench_add (bench, "a");
  hein_strategy_bench_add (bench, "b");
  hein_strategy_bench_add (bench, "c");
  hein_strategy_bench_send (bench, NULL, 100);
  hein_strategy_bench_wait (bench, 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *takers = hein_strategy_bench_dup_takers (bench, i);

      g_string_append (sequence, takers);
    }
  return g_string_free (g_steal_pointer (&sequence), FALSE);
}

/* GRand is a Mersenne Twister: what a seed gives is fixed. */
/* S4: who dialled, and who was dialled, are told apart by their meaning. */
static void
test_by_origin (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("by-origin");
  g_autoptr (HeinTestBus) other = hein_test_bus_new ("other");
  HeinTestBus *anna = hein_strategy_bench_add (bench, "anna");

  hein_test_bus_listen (other, "inproc://by-origin");
  hein_test_bus_dial (bench->chooser, "inproc://by-origin");
  hein_test_wait (hein_test_bus_count_peers (bench->chooser) == 2);
  hein_strategy_bench_send (bench, "dialled", 1);
  hein_strategy_bench_send (bench, "accepted", 2);
  hein_strategy_bench_send (bench, "neither", 1);
  hein_strategy_bench_send (bench, NULL, 1);
  hein_test_wait (anna->messages->len == 2 && other->messages->len == 1);
  g_assert_cmpuint (hein_bus_get_n_dropped (bench->chooser->bus,
                                            HEIN_DROP_REASON_STRATEGY),
                    ==, 2);
}

static void
test_random_seed (void)
{
  g_autofree char *first = dup_sequence (7);
  g_autofree char *again = dup_sequence (7);
  g_autofree char *other = dup_sequence (8);

  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
  g_assert_cmpuint (strlen (first), ==, 100);
  for (const char *name = "abc"; *name != '\0'; name++)
    g_assert_nonnull (strchr (first, *name));
}

/* The vectors of the README: other processes choose the same. */
static void
test_sticky_vectors (void)
{
  static const struct
  {
    const char *key;
    const char *of_three;
    const char *without_bert;
  } vectors[] = {
    { "user-1", "anna", "anna" }, { "user-2", "bert", "carl" },
    { "user-3", "anna", "anna" }, { "user-4", "carl", "carl" },
    { "user-5", "carl", "carl" }, { "user-6", "bert", "anna" },
    { "user-7", "anna", "anna" }, { "user-8", "anna", "anna" },
  };
  g_autoptr (HeinStrategyBench) bench = make_bench ("sticky");

  /* The order in which they come has no part in it. */
  hein_strategy_bench_add (bench, "carl");
  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      clear_messages (bench);
      hein_strategy_bench_send (bench, vectors[i].key, 2);
      hein_strategy_bench_wait (bench, 2);
      assert_takers (bench, 0, vectors[i].of_three);
      assert_takers (bench, 1, vectors[i].of_three);
    }
  hein_strategy_bench_remove (bench, "bert");
  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      clear_messages (bench);
      hein_strategy_bench_send (bench, vectors[i].key, 1);
      hein_strategy_bench_wait (bench, 1);
      assert_takers (bench, 0, vectors[i].without_bert);
    }
}

/* Without a key it is the topic that sticks, and a full peer keeps it. */
static void
test_sticky_full (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("sticky");
  g_autoptr (HeinMessage) message = hein_message_new_text ("user-2", "more");
  g_autoptr (GError) error = NULL;

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_add (bench, "carl");
  hein_strategy_bench_fill (bench, "bert");
  g_assert_false (hein_bus_send (bench->chooser->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  hein_strategy_bench_send (bench, "user-1", 1);
  hein_strategy_bench_wait (bench, 1);
  assert_takers (bench, 0, "anna");
}

static void
test_failover_order (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("failover");

  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_send (bench, NULL, 2);
  hein_strategy_bench_wait (bench, 2);
  assert_takers (bench, 0, "bert");
  assert_takers (bench, 1, "bert");
  hein_strategy_bench_remove (bench, "bert");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_send (bench, NULL, 1);
  hein_strategy_bench_wait (bench, 1);
  assert_takers (bench, 0, "anna");
}

/* Over sockets, since only they queue on this side. Nothing is turned between
 * the sends, so that what is queued stays queued. */
static void
test_least_queued_evens_out (void)
{
  g_autoptr (HeinTestBus) chooser = hein_test_bus_new ("chooser");
  g_autoptr (HeinTestBus) anna = hein_test_bus_new ("anna");
  g_autoptr (HeinTestBus) bert = hein_test_bus_new ("bert");
  g_autofree guint8 *data = g_malloc0 (1024 * 1024);
  g_autoptr (HeinMessage) large = NULL;
  g_autoptr (HeinStrategy) strategy = NULL;
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint;
  HeinPeer *peer;
  guint n_large = 0;

  strategy = hein_strategy_new ("least-queued", &error);
  g_assert_no_error (error);
  hein_bus_set_strategy (chooser->bus, strategy);
  endpoint = hein_test_bus_listen (chooser, "tcp://:0");
  hein_test_bus_dial (anna, hein_endpoint_get_bound_uri (endpoint));
  hein_test_bus_dial (bert, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (chooser) == 2);
  large = hein_message_new_data ("large", data, 1024 * 1024);
  peer = hein_test_bus_find_peer (chooser, "anna");
  /* more than sockets will take yet, while she reads nothing */
  for (; hein_peer_get_queued_bytes (peer) < 4 * 1024 * 1024; n_large++)
    g_assert_true (hein_bus_send_to (chooser->bus, "anna", large, NULL));
  for (guint i = 0; i < 5; i++)
    hein_test_bus_send (chooser, NULL, "small", "for bert");
  hein_test_wait (anna->messages->len + bert->messages->len == n_large + 5);
  g_assert_cmpuint (anna->messages->len, ==, n_large);
  g_assert_cmpuint (bert->messages->len, ==, 5);
}

static void
test_least_queued_ties (void)
{
  g_autoptr (HeinStrategyBench) bench = make_bench ("least-queued");

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_send (bench, NULL, 4);
  hein_strategy_bench_wait (bench, 4);
  assert_takers (bench, 0, "anna");
  assert_takers (bench, 1, "bert");
  assert_takers (bench, 2, "anna");
  assert_takers (bench, 3, "bert");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (suites); i++)
    hein_strategy_suite_add (&suites[i]);
  g_test_add_func ("/strategies/unknown", test_unknown);
  g_test_add_func ("/strategies/drop", test_drop);
  g_test_add_func ("/strategies/publish/late", test_publish_late);
  g_test_add_func ("/strategies/round-robin/turns", test_round_robin_turns);
  g_test_add_func ("/strategies/round-robin/earlier-lost",
                   test_round_robin_earlier_lost);
  g_test_add_func ("/strategies/by-name/without-key", test_by_name_without_key);
  g_test_add_func ("/strategies/by-origin/meaning", test_by_origin);
  g_test_add_func ("/strategies/random/seed", test_random_seed);
  g_test_add_func ("/strategies/least-queued/evens-out",
                   test_least_queued_evens_out);
  g_test_add_func ("/strategies/least-queued/ties", test_least_queued_ties);
  g_test_add_func ("/strategies/sticky/vectors", test_sticky_vectors);
  g_test_add_func ("/strategies/sticky/stays", test_sticky_full);
  g_test_add_func ("/strategies/failover/order", test_failover_order);

  return g_test_run ();
}
