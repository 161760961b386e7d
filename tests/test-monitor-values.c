/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>
#include <math.h>
#include <string.h>

#include "monitor-json.h"
#include "monitor-series.h"
#include "monitor-text.h"
#include "monitor-topics.h"
#include "monitor-value.h"

/* What hein-monitor makes of messages, without its window. */

static void
assert_pretty (const char *text, const char *wanted)
{
  g_autofree char *pretty = monitor_json_dup_pretty (text, strlen (text));

  g_assert_cmpstr (pretty, ==, wanted);
}

static void
test_json (void)
{
  assert_pretty ("{}", "{}");
  assert_pretty (" [ 1 ,\"a,]\\\"\"] ", "[\n  1,\n  \"a,]\\\"\"\n]");
  assert_pretty ("{\"a\":{\"b\":[]},\"c\":12345678901234567890}",
                 "{\n  \"a\": {\n    \"b\": []\n  },\n"
                 "  \"c\": 12345678901234567890\n}");
}

static void
test_no_json (void)
{
  static const char *const texts[] = {
    "",         "1",          "{",       "[1",          "[1,]",  "[,1]",
    "{\"a\"}",  "{a:1}",      "{1:2}",   "[1 2]",       "[1]]",  "[1] x",
    "[0x10]",   "[nul]",      "[\"a]",   "[\"a\n\"]",   "[}",    "{]",
    "{\"a\":}", "{\"a\":1,}", "[-]",     "[1e]",        "[\"\\", "[\xff]",
    "[inf]",    "[NaN]",      "[\"\\\"", "{\"a\":1:2}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_pretty (texts[i], NULL);
}

static void
test_deep_json (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  g_autoptr (GString) allowed = g_string_new (NULL);
  g_autofree char *pretty = NULL;

  assert_pretty (deep, NULL);
  for (guint i = 0; i < 63; i++)
    g_string_append (allowed, "[1,");
  g_string_append (allowed, "[]");
  for (guint i = 0; i < 63; i++)
    g_string_append_c (allowed, ']');
  pretty = monitor_json_dup_pretty (allowed->str, allowed->len);
  g_assert_nonnull (pretty);
}

static void
assert_printable (const char *text, gsize size, const char *wanted)
{
  g_autofree char *shown = monitor_text_dup_printable (text, size, FALSE);

  g_assert_cmpstr (shown, ==, wanted);
}

static void
test_printable (void)
{
  g_autofree char *lines = monitor_text_dup_printable ("a\n\tb\x1b", 5, TRUE);

  assert_printable ("grün", 5, "grün");
  assert_printable ("a\nb", 3, "a\ufffdb");
  assert_printable ("a\xff"
                    "b",
                    3, "a\ufffdb");
  assert_printable ("a\0b", 3, "a\ufffdb");
  assert_printable ("a\u202eb", 5, "a\ufffdb");
  assert_printable ("a\u2028b", 5, "a\ufffdb");
  g_assert_cmpstr (lines, ==, "a\n\tb\ufffd");
}

static void
assert_number (double value, const char *wanted)
{
  g_autofree char *text = monitor_text_dup_number (value);

  g_assert_cmpstr (text, ==, wanted);
}

static void
test_numbers (void)
{
  double value;

  assert_number (0, "0");
  assert_number (2.5, "2.5");
  assert_number (0.004, "0.004");
  assert_number (79.8, "80");
  assert_number (999, "999");
  assert_number (1000, "1.0k");
  assert_number (1234567, "1.2M");
  assert_number (999600, "1.0M");
  g_assert_true (monitor_text_read_number ("-2.5e1 \n", 8, &value));
  g_assert_cmpfloat (value, ==, -25);
  g_assert_false (monitor_text_read_number ("2,5", 3, &value));
  g_assert_false (monitor_text_read_number ("", 0, &value));
  g_assert_false (monitor_text_read_number ("inf", 3, &value));
  g_assert_false (monitor_text_read_number ("1\0", 2, &value));
}

static void
assert_value (HeinMessage *made, MonitorValueKind kind, const char *text)
{
  g_autoptr (HeinMessage) message = made;
  g_autofree char *shown = monitor_value_dup_text (message);

  g_assert_cmpint (monitor_value_get_kind (message), ==, kind);
  g_assert_cmpstr (shown, ==, text);
}

static HeinMessage *
new_typed (const char *type, const char *data, gsize size)
{
  g_autoptr (GBytes) payload = g_bytes_new (data, size);

  return hein_message_new_typed ("t", type, payload);
}

static void
test_kinds (void)
{
  static const char bytes[] = { '\xff', 'a' };

  assert_value (hein_message_new_text ("t", ""), MONITOR_VALUE_EMPTY, "");
  assert_value (hein_message_new_text ("t", "on"), MONITOR_VALUE_TEXT, "on");
  assert_value (hein_message_new_text ("t", "[1]"), MONITOR_VALUE_JSON,
                "[\n  1\n]");
  assert_value (hein_message_new_variant ("t", g_variant_new ("(si)", "a", 1)),
                MONITOR_VALUE_VARIANT, "('a', 1)");
  assert_value (new_typed ("image/png", "x", 1), MONITOR_VALUE_PICTURE, "");
  assert_value (new_typed ("text/plain", bytes, 2), MONITOR_VALUE_BYTES,
                "000000  ff 61                                            .a");
}

static void
test_value_numbers (void)
{
  g_autoptr (HeinMessage) text = hein_message_new_text ("t", "2.5");
  g_autoptr (HeinMessage) byte =
    hein_message_new_variant ("t", g_variant_new_byte (200));
  g_autoptr (HeinMessage) large =
    hein_message_new_variant ("t", g_variant_new_uint64 (1 << 30));
  g_autoptr (HeinMessage) words =
    hein_message_new_variant ("t", g_variant_new_string ("2"));
  double value;

  g_assert_true (monitor_value_read_number (text, &value));
  g_assert_cmpfloat (value, ==, 2.5);
  g_assert_true (monitor_value_read_number (byte, &value));
  g_assert_cmpfloat (value, ==, 200);
  g_assert_true (monitor_value_read_number (large, &value));
  g_assert_cmpfloat (value, ==, 1 << 30);
  g_assert_false (monitor_value_read_number (words, &value));
}

static void
test_long_text (void)
{
  g_autofree char *text = g_strnfill (1000000, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);
  g_autofree char *shown = monitor_value_dup_text (message);
  g_autofree char *summary = monitor_value_dup_summary (message);

  g_assert_cmpuint (strlen (shown), ==, MONITOR_VALUE_SHOWN_MAX + strlen ("…"));
  g_assert_cmpuint (strlen (summary), <, 200);
}

static void
test_series (void)
{
  g_autoptr (MonitorSeries) series = monitor_series_new ("s");

  g_assert_true (isnan (monitor_series_get_last (series)));
  for (guint i = 0; i < MONITOR_SERIES_MAX + 5; i++)
    {
      monitor_series_add (series, i + 1);
      if (i < MONITOR_SERIES_MAX)
        g_assert_cmpfloat (monitor_series_get_value (series, 0), ==, 1);
    }
  g_assert_cmpuint (monitor_series_get_n_values (series), ==,
                    MONITOR_SERIES_MAX);
  g_assert_cmpfloat (monitor_series_get_value (series, 0), ==, 6);
  g_assert_cmpfloat (monitor_series_get_last (series), ==,
                     MONITOR_SERIES_MAX + 5);
}

static void
take (MonitorTopics *topics, const char *topic, gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);
  g_autoptr (HeinMessage) message = hein_message_new_data (topic, data, size);

  monitor_topics_take (topics, message);
}

static char *
dup_tree (GListModel *level)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; level != NULL && i < g_list_model_get_n_items (level); i++)
    {
      g_autoptr (MonitorTopic) topic = g_list_model_get_item (level, i);
      g_autofree char *below = dup_tree (monitor_topic_get_children (topic));

      g_string_append_printf (text, "%s%s%s", text->len > 0 ? " " : "",
                              monitor_topic_get_level (topic),
                              monitor_topic_get_latest (topic) != NULL ? "!"
                                                                       : "");
      if (*below != '\0')
        g_string_append_printf (text, "(%s)", below);
    }
  return g_string_free (text, FALSE);
}

static void
assert_tree (MonitorTopics *topics, const char *wanted)
{
  g_autofree char *tree = NULL;

  while (monitor_topics_tell (topics))
    ;
  tree = dup_tree (monitor_topics_get_roots (topics));
  g_assert_cmpstr (tree, ==, wanted);
}

/* Also levels that come after what is below them, and the other way round. */
static void
test_tree (void)
{
  g_autoptr (MonitorTopics) topics = monitor_topics_new ();

  take (topics, "b/y", 1);
  take (topics, "b/x/1", 1);
  assert_tree (topics, "b(x(1!) y!)");
  take (topics, "a", 1);
  take (topics, "b/y/2", 1);
  take (topics, "b", 1);
  take (topics, "", 1);
  take (topics, "/z", 1);
  assert_tree (topics, "(empty)!(z!) a! b!(x(1!) y!(2!))");
}

static void
on_items_changed (
  GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  guint *n_replaced = data;

  *n_replaced += removed == 1 && added == 1;
}

/* A row asks once whether there is something below it. */
static void
test_first_below (void)
{
  g_autoptr (MonitorTopics) topics = monitor_topics_new ();
  guint n_replaced = 0;

  take (topics, "a", 1);
  assert_tree (topics, "a!");
  g_signal_connect (monitor_topics_get_roots (topics), "items-changed",
                    G_CALLBACK (on_items_changed), &n_replaced);
  take (topics, "a/b", 1);
  take (topics, "a/c", 1);
  assert_tree (topics, "a!(b! c!)");
  g_assert_cmpuint (n_replaced, ==, 1);
}

/* The rest of many levels is one. */
static void
test_many_levels (void)
{
  g_autoptr (MonitorTopics) topics = monitor_topics_new ();

  take (topics, "1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i", 1);
  assert_tree (topics, "1(2(3(4(5(6(7(8(9(a(b(c(d(e(f(g/h/i!)))))))))))))))");
}

static void
test_too_many (void)
{
  g_autoptr (MonitorTopics) topics = monitor_topics_new ();

  for (guint i = 0; i < MONITOR_TOPICS_MAX + 10; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      take (topics, topic, 1);
    }
  take (topics, "0", 1);
  g_assert_cmpuint (monitor_topics_get_n_topics (topics), ==,
                    MONITOR_TOPICS_MAX);
  g_assert_cmpuint (monitor_topics_get_n_left_out (topics), ==, 10);
}

static void
test_too_large (void)
{
  g_autoptr (MonitorTopics) topics = monitor_topics_new ();
  const gsize size = MONITOR_TOPIC_BYTES_MAX * 2;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      take (topics, topic, size);
    }
  g_assert_cmpuint (monitor_topics_get_bytes (topics), ==,
                    MONITOR_TOPICS_BYTES_MAX +
                      (100 - 64) * MONITOR_TOPIC_BYTES_MIN);
  g_assert_cmpuint (monitor_topic_get_size (monitor_topics_find (topics, "99")),
                    ==, size);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i);

      take (topics, topic, 3);
    }
  g_assert_cmpuint (monitor_topics_get_bytes (topics), ==, 300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/monitor/json", test_json);
  g_test_add_func ("/monitor/json/none", test_no_json);
  g_test_add_func ("/monitor/json/deep", test_deep_json);
  g_test_add_func ("/monitor/printable", test_printable);
  g_test_add_func ("/monitor/numbers", test_numbers);
  g_test_add_func ("/monitor/values/kinds", test_kinds);
  g_test_add_func ("/monitor/values/numbers", test_value_numbers);
  g_test_add_func ("/monitor/values/long", test_long_text);
  g_test_add_func ("/monitor/series", test_series);
  g_test_add_func ("/monitor/topics/tree", test_tree);
  g_test_add_func ("/monitor/topics/first-below", test_first_below);
  g_test_add_func ("/monitor/topics/levels", test_many_levels);
  g_test_add_func ("/monitor/topics/too-many", test_too_many);
  g_test_add_func ("/monitor/topics/too-large", test_too_large);
  return g_test_run ();
}
