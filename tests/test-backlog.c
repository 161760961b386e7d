/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "link/hein-link-backlog.h"
#include "message/hein-message-memory.h"

/* The row of what a connection has still to encode, without a connection. */

static HeinMessage *
add (HeinBacklog *backlog,
     const char *topic,
     const char *text,
     HeinAudience audience,
     HeinBacklogKind kind)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  return hein_backlog_add (backlog, message, audience, kind);
}

/* Nothing had to go for it. */
static void
add_new (HeinBacklog *backlog,
         const char *topic,
         const char *text,
         HeinBacklogKind kind)
{
  g_assert_null (add (backlog, topic, text, HEIN_AUDIENCE_ALL, kind));
}

/* @old had to go. */
static void
add_newer (HeinBacklog *backlog,
           const char *topic,
           const char *text,
           HeinBacklogKind kind,
           const char *old)
{
  g_autoptr (HeinMessage) replaced =
    add (backlog, topic, text, HEIN_AUDIENCE_ALL, kind);
  g_autofree char *shown = NULL;

  g_assert_nonnull (replaced);
  shown = hein_message_dup_text (replaced, NULL);
  g_assert_cmpstr (shown, ==, old);
}

/* Takes everything out: "text text …", and nothing is counted any more. */
static void
assert_row (HeinBacklog *backlog, const char *expected)
{
  g_autoptr (GString) row = g_string_new (NULL);
  HeinBacklogItem item;

  while (hein_backlog_pop (backlog, &item))
    {
      g_autoptr (HeinMessage) message = item.message;
      g_autofree char *text = hein_message_dup_text (message, NULL);

      g_string_append_printf (row, row->len > 0 ? " %s" : "%s", text);
    }
  g_assert_cmpstr (row->str, ==, expected);
  g_assert_cmpuint (backlog->cost, ==, 0);
  g_assert_cmpuint (hein_backlog_get_length (backlog), ==, 0);
  hein_backlog_clear (backlog);
}

static void
test_stream (void)
{
  HeinBacklog backlog = { 0 };

  add_new (&backlog, "a", "a1", HEIN_BACKLOG_MESSAGE);
  add_new (&backlog, "b", "b1", HEIN_BACKLOG_MESSAGE);
  add_new (&backlog, "a", "a2", HEIN_BACKLOG_MESSAGE);
  assert_row (&backlog, "a1 b1 a2");
}

/* A newer value has the place of the older one. */
static void
test_latest (void)
{
  HeinBacklog backlog = { 0 };

  add_new (&backlog, "a", "a1", HEIN_BACKLOG_VALUE);
  add_new (&backlog, "b", "b1", HEIN_BACKLOG_VALUE);
  add_newer (&backlog, "a", "a2", HEIN_BACKLOG_VALUE, "a1");
  add_newer (&backlog, "a", "a3", HEIN_BACKLOG_VALUE, "a2");
  assert_row (&backlog, "a3 b1");
  add_new (&backlog, "a", "a4", HEIN_BACKLOG_VALUE);
  assert_row (&backlog, "a4");
}

/* What is sent live goes behind what is retained, and makes the old value of
 * its topic superfluous. */
static void
test_retained (void)
{
  HeinBacklog backlog = { 0 };

  add_new (&backlog, "a", "a1", HEIN_BACKLOG_RETAINED);
  add_new (&backlog, "b", "b1", HEIN_BACKLOG_RETAINED);
  add_new (&backlog, "c", "c1", HEIN_BACKLOG_RETAINED);
  add_newer (&backlog, "a", "a2", HEIN_BACKLOG_MESSAGE, "a1");
  add_new (&backlog, "a", "a3", HEIN_BACKLOG_MESSAGE);
  add_newer (&backlog, "b", "b2", HEIN_BACKLOG_VALUE, "b1");
  assert_row (&backlog, "b2 c1 a2 a3");
}

/* A message for one alone says nothing about the value that all have. */
static void
test_retained_and_named (void)
{
  HeinBacklog backlog = { 0 };

  add_new (&backlog, "a", "a1", HEIN_BACKLOG_RETAINED);
  g_assert_null (
    add (&backlog, "a", "for one", HEIN_AUDIENCE_NAMED, HEIN_BACKLOG_MESSAGE));
  /* in the place of the first it would overtake the second */
  add_new (&backlog, "a", "a2", HEIN_BACKLOG_VALUE);
  assert_row (&backlog, "a1 for one a2");
}

/* The policy changes from `latest` to `wait` and back. */
static void
test_policy_changes (void)
{
  HeinBacklog backlog = { 0 };

  add_new (&backlog, "a", "a1", HEIN_BACKLOG_VALUE);
  add_new (&backlog, "b", "b1", HEIN_BACKLOG_VALUE);
  add_new (&backlog, "a", "a2", HEIN_BACKLOG_MESSAGE);
  add_new (&backlog, "a", "a3", HEIN_BACKLOG_VALUE);
  add_newer (&backlog, "b", "b2", HEIN_BACKLOG_VALUE, "b1");
  add_newer (&backlog, "a", "a4", HEIN_BACKLOG_VALUE, "a3");
  assert_row (&backlog, "a1 b2 a2 a4");
}

/* Each goes to whom it was for, whatever it replaced. */
static void
test_audience (void)
{
  HeinBacklog backlog = { 0 };
  HeinBacklogItem item;

  add_new (&backlog, "a", "a1", HEIN_BACKLOG_VALUE);
  g_assert_null (
    add (&backlog, "b", "b1", HEIN_AUDIENCE_CHOSEN, HEIN_BACKLOG_MESSAGE));
  hein_message_unref (
    add (&backlog, "a", "a2", HEIN_AUDIENCE_NAMED, HEIN_BACKLOG_VALUE));
  g_assert_true (hein_backlog_pop (&backlog, &item));
  g_assert_cmpint (item.audience, ==, HEIN_AUDIENCE_NAMED);
  hein_message_unref (item.message);
  g_assert_true (hein_backlog_pop (&backlog, &item));
  g_assert_cmpint (item.audience, ==, HEIN_AUDIENCE_CHOSEN);
  hein_message_unref (item.message);
  g_assert_false (hein_backlog_pop (&backlog, &item));
  hein_backlog_clear (&backlog);
}

static void
test_cost (void)
{
  HeinBacklog backlog = { 0 };
  g_autoptr (HeinMessage) small = hein_message_new_text ("a", "1");
  g_autoptr (HeinMessage) large = hein_message_new_text ("a", "1234567890");

  g_assert_null (
    hein_backlog_add (&backlog, small, HEIN_AUDIENCE_ALL, HEIN_BACKLOG_VALUE));
  g_assert_cmpuint (backlog.cost, ==, hein_message_get_cost (small));
  hein_message_unref (
    hein_backlog_add (&backlog, large, HEIN_AUDIENCE_ALL, HEIN_BACKLOG_VALUE));
  g_assert_cmpuint (backlog.cost, ==, hein_message_get_cost (large));
  hein_backlog_clear (&backlog);
  g_assert_cmpuint (backlog.cost, ==, 0);
}

/* Many topics, each with newer values while it waits: with a search through all
 * of them this takes minutes. */
static void
test_many_topics (void)
{
  enum
  {
    N_TOPICS = 100000,
    N_ROUNDS = 5
  };
  HeinBacklog backlog = { 0 };
  HeinBacklogItem item;
  guint n = 0;

  for (guint i = 0; i < N_ROUNDS * N_TOPICS; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%u", i % N_TOPICS);
      g_autofree char *text = g_strdup_printf ("%u", i);
      HeinMessage *old =
        add (&backlog, topic, text, HEIN_AUDIENCE_ALL, HEIN_BACKLOG_VALUE);

      g_assert_true ((old != NULL) == (i >= N_TOPICS));
      g_clear_pointer (&old, hein_message_unref);
    }
  g_assert_cmpuint (hein_backlog_get_length (&backlog), ==, N_TOPICS);
  for (; hein_backlog_pop (&backlog, &item); n++)
    {
      g_autofree char *text = hein_message_dup_text (item.message, NULL);

      g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==,
                        (N_ROUNDS - 1) * N_TOPICS + n);
      hein_message_unref (item.message);
    }
  g_assert_cmpuint (n, ==, N_TOPICS);
  hein_backlog_clear (&backlog);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backlog/stream", test_stream);
  g_test_add_func ("/backlog/latest", test_latest);
  g_test_add_func ("/backlog/retained", test_retained);
  g_test_add_func ("/backlog/retained-and-named", test_retained_and_named);
  g_test_add_func ("/backlog/policy-changes", test_policy_changes);
  g_test_add_func ("/backlog/audience", test_audience);
  g_test_add_func ("/backlog/cost", test_cost);
  g_test_add_func ("/backlog/many-topics", test_many_topics);
  return g_test_run ();
}
