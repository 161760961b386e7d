/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "strategy-suite.h"

#define N_MESSAGES 60

HeinStrategyBench *
hein_strategy_bench_new (HeinStrategy *strategy)
{
  static guint serial;
  HeinStrategyBench *self = g_new0 (HeinStrategyBench, 1);

  self->uri = g_strdup_printf ("inproc://strategy-%u", serial++);
  self->strategy = g_object_ref (strategy);
  self->workers =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_test_bus_free);
  self->chooser = hein_test_bus_new ("chooser");
  hein_bus_set_strategy (self->chooser->bus, strategy);
  hein_test_bus_listen (self->chooser, self->uri);
  return self;
}

void
hein_strategy_bench_free (HeinStrategyBench *self)
{
  g_ptr_array_unref (self->workers);
  hein_test_bus_free (self->chooser);
  g_object_unref (self->strategy);
  g_free (self->uri);
  g_free (self);
}

HeinTestBus *
hein_strategy_bench_get (HeinStrategyBench *self, const char *name)
{
  for (guint i = 0; i < self->workers->len; i++)
    {
      HeinTestBus *worker = g_ptr_array_index (self->workers, i);

      if (g_str_equal (hein_bus_get_name (worker->bus), name))
        return worker;
    }
  return NULL;
}

HeinTestBus *
hein_strategy_bench_add (HeinStrategyBench *self, const char *name)
{
  HeinTestBus *worker = hein_test_bus_new (name);

  g_ptr_array_add (self->workers, worker);
  hein_test_bus_dial (worker, self->uri);
  hein_test_wait (hein_test_bus_find_peer (self->chooser, name) != NULL);
  return worker;
}

void
hein_strategy_bench_remove (HeinStrategyBench *self, const char *name)
{
  g_assert_true (
    g_ptr_array_remove (self->workers, hein_strategy_bench_get (self, name)));
  hein_test_wait (hein_test_bus_find_peer (self->chooser, name) == NULL);
}

void
hein_strategy_bench_fill (HeinStrategyBench *self, const char *name)
{
  g_autofree guint8 *data = g_malloc0 (64 * 1024);
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  HeinTestBus *worker = hein_strategy_bench_get (self, name);
  HeinPeer *peer = hein_test_bus_find_peer (self->chooser, name);

  hein_test_bus_set_takes (worker, FALSE);
  g_object_set (worker->bus, "receive-limit", (guint64) 128 * 1024, NULL);
  message = hein_message_new_data ("fill", data, 64 * 1024);
  while (hein_bus_send_to (self->chooser->bus, name, message, &error))
    g_assert_cmpuint (hein_peer_get_messages_sent (peer), <, 10000);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_false (hein_peer_can_take (peer, message));
}

void
hein_strategy_bench_send (HeinStrategyBench *self,
                          const char *key,
                          guint n_messages)
{
  for (guint i = 0; i < n_messages; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (HeinMessage) message = hein_message_new_text ("work", text);
      g_autoptr (GError) error = NULL;

      hein_bus_send_with (self->chooser->bus, self->strategy, key, message,
                          &error);
      g_assert_no_error (error);
    }
}

static guint
count_messages (HeinStrategyBench *self)
{
  guint n = 0;

  for (guint i = 0; i < self->workers->len; i++)
    {
      HeinTestBus *worker = g_ptr_array_index (self->workers, i);

      n += worker->messages->len;
    }
  return n;
}

void
hein_strategy_bench_wait (HeinStrategyBench *self, guint n_messages)
{
  hein_test_wait (count_messages (self) >= n_messages);
  g_assert_cmpuint (count_messages (self), ==, n_messages);
}

static gboolean
has_text (HeinTestBus *worker, const char *text)
{
  for (guint i = 0; i < worker->messages->len; i++)
    {
      g_autofree char *other = hein_test_bus_dup_text (worker, i);

      if (g_str_equal (text, other))
        return TRUE;
    }
  return FALSE;
}

char *
hein_strategy_bench_dup_takers (HeinStrategyBench *self, guint index)
{
  g_autofree char *text = g_strdup_printf ("%u", index);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < self->workers->len; i++)
    {
      HeinTestBus *worker = g_ptr_array_index (self->workers, i);

      if (!has_text (worker, text))
        continue;
      if (names->len > 0)
        g_string_append_c (names, ',');
      g_string_append (names, hein_bus_get_name (worker->bus));
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* ---- the law ---- */

static HeinStrategyBench *
make_bench (const HeinStrategySuite *suite)
{
  g_autoptr (HeinStrategy) strategy = NULL;
  g_autoptr (GError) error = NULL;

  strategy = suite->create != NULL ? suite->create ()
                                   : hein_strategy_new (suite->name, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strategy);
  return hein_strategy_bench_new (strategy);
}

static const char *
get_key (const HeinStrategySuite *suite, const char *name)
{
  return suite->takes_names ? name : suite->key;
}

static void
assert_in_order (HeinTestBus *worker)
{
  gint64 last = -1;

  for (guint i = 0; i < worker->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (worker, i);
      gint64 number = g_ascii_strtoll (text, NULL, 10);

      g_assert_cmpint (number, >, last);
      last = number;
    }
}

/* Each message reaches whom it should, once and in order. */
static void
test_choose (gconstpointer data)
{
  const HeinStrategySuite *suite = data;
  g_autoptr (HeinStrategyBench) bench = make_bench (suite);
  guint n_copies = suite->gives_all ? 3 : 1;

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_add (bench, "carl");
  hein_strategy_bench_send (bench, get_key (suite, "bert"), N_MESSAGES);
  hein_strategy_bench_wait (bench, N_MESSAGES * n_copies);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *takers = hein_strategy_bench_dup_takers (bench, i);
      g_auto (GStrv) names = g_strsplit (takers, ",", -1);

      g_assert_cmpuint (g_strv_length (names), ==, n_copies);
      if (suite->takes_names)
        g_assert_cmpstr (takers, ==, "bert");
    }
  for (guint i = 0; i < bench->workers->len; i++)
    assert_in_order (g_ptr_array_index (bench->workers, i));
}

static void
test_single (gconstpointer data)
{
  const HeinStrategySuite *suite = data;
  g_autoptr (HeinStrategyBench) bench = make_bench (suite);

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_send (bench, get_key (suite, "anna"), N_MESSAGES);
  hein_strategy_bench_wait (bench, N_MESSAGES);
  assert_in_order (hein_strategy_bench_get (bench, "anna"));
}

static void
send_to_unknown (HeinStrategyBench *bench)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("work", "0");
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_bus_send_with (bench->chooser->bus, bench->strategy,
                                      "nobody", message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
}

/* What is sent to nobody is kept for the first that comes, or counted. */
static void
test_none (gconstpointer data)
{
  const HeinStrategySuite *suite = data;
  g_autoptr (HeinStrategyBench) bench = make_bench (suite);
  HeinBus *bus = bench->chooser->bus;

  if (suite->takes_names)
    {
      send_to_unknown (bench);
      /* A name that was there is waited for. */
      hein_strategy_bench_add (bench, "anna");
      hein_strategy_bench_remove (bench, "anna");
    }
  hein_strategy_bench_send (bench, get_key (suite, "anna"), 3);
  if (!suite->holds)
    {
      g_assert_cmpuint (hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_NO_PEER),
                        ==, 3);
      return;
    }
  g_assert_cmpuint (hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_NO_PEER), ==,
                    0);
  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_wait (bench, 3);
  assert_in_order (hein_strategy_bench_get (bench, "anna"));
}

/* A strategy that still remembers it would send into the void. */
static void
test_lost (gconstpointer data)
{
  const HeinStrategySuite *suite = data;
  g_autoptr (HeinStrategyBench) bench = make_bench (suite);
  guint n_copies = suite->gives_all ? 3 : 1;

  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_add (bench, "carl");
  hein_strategy_bench_send (bench, get_key (suite, "bert"), 7);
  hein_strategy_bench_wait (bench, 7 * n_copies);
  for (guint i = 0; i < bench->workers->len; i++)
    {
      HeinTestBus *worker = g_ptr_array_index (bench->workers, i);

      g_ptr_array_set_size (worker->messages, 0);
    }
  hein_strategy_bench_remove (bench, "anna");
  hein_strategy_bench_send (bench, get_key (suite, "bert"), 7);
  n_copies = suite->gives_all ? 2 : 1;
  hein_strategy_bench_wait (bench, 7 * n_copies);
  hein_strategy_bench_remove (bench, "carl");
  hein_strategy_bench_send (bench, get_key (suite, "bert"), 7);
  hein_strategy_bench_wait (bench, 7 + hein_strategy_bench_get (bench, "bert")
                                         ->messages->len);
}

static gboolean
send_one (HeinStrategyBench *bench, const char *key, GError **error)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("work", "0");

  return hein_bus_send_with (bench->chooser->bus, bench->strategy, key, message,
                             error);
}

/* One of two is full. */
static void
test_full (gconstpointer data)
{
  const HeinStrategySuite *suite = data;
  g_autoptr (HeinStrategyBench) bench = make_bench (suite);
  HeinTestBus *bert;

  hein_strategy_bench_add (bench, "anna");
  bert = hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_fill (bench, "anna");
  if (suite->takes_names)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (send_one (bench, "anna", &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
    }
  if (suite->waits)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (send_one (bench, suite->key, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
      g_assert_cmpuint (bert->messages->len, ==, 0);
      return;
    }
  if (!suite->takes_names && !suite->gives_all && !suite->evades)
    {
      g_test_skip ("it stays with a full peer: see its own test");
      return;
    }
  hein_strategy_bench_send (bench, get_key (suite, "bert"), N_MESSAGES);
  hein_test_wait (bert->messages->len == N_MESSAGES);
  assert_in_order (bert);
}

/* No way out: the sender is told, and nothing is lost. */
static void
test_all_full (gconstpointer data)
{
  const HeinStrategySuite *suite = data;
  g_autoptr (HeinStrategyBench) bench = make_bench (suite);
  g_autoptr (GError) error = NULL;

  if (suite->gives_all)
    g_object_set (bench->chooser->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  hein_strategy_bench_add (bench, "anna");
  hein_strategy_bench_add (bench, "bert");
  hein_strategy_bench_fill (bench, "anna");
  hein_strategy_bench_fill (bench, "bert");
  g_assert_false (send_one (bench, get_key (suite, "anna"), &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (hein_bus_get_n_dropped (bench->chooser->bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    ==, 0);
}

static const HeinLaw laws[] = {
  { "choose", "each message reaches whom it should, once and in order",
    test_choose },
  { "single", "a single peer gets everything, in order", test_single },
  { "none", "what is sent to nobody waits for the first peer, or is counted",
    test_none },
  { "lost", "a peer that went is forgotten, and nothing is sent to it",
    test_lost },
  { "full", "a peer without room is passed over, or makes the sender wait",
    test_full },
  { "all-full", "when nobody has room the sender is told, and nothing is lost",
    test_all_full },
};

void
hein_strategy_suite_add (const HeinStrategySuite *suite)
{
  for (gsize i = 0; i < G_N_ELEMENTS (laws); i++)
    {
      g_autofree char *path = NULL;

      path = g_strdup_printf ("/strategies/%s/%s", suite->name, laws[i].name);
      g_test_add_data_func (path, suite, laws[i].func);
    }
}

void
hein_strategy_suite_foreach_law (HeinLawFunc func, gpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (laws); i++)
    func (&laws[i], data);
}
