/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ask/hein-delivered.h"
#include "ask/hein-forgotten.h"

/* What one peer has delivered, compared with a plain table: sets of numbers, and
 * what is said again. */

#define N 400

static void
assert_same (const HeinNumberSet *set, const gboolean *has)
{
  guint n_runs = 0;

  for (guint i = 0; i <= N; i++)
    {
      g_assert_cmpint (hein_number_set_contains (set, i), ==, has[i]);
      n_runs += has[i] && (i == 0 || !has[i - 1]);
    }
  g_assert_cmpuint (set->n_runs, ==, n_runs);
}

static void
test_set (void)
{
  HeinNumberSet set = { 0 };
  gboolean has[N + 1] = { FALSE };

  for (guint i = 1; i <= N; i += g_test_rand_int_range (1, 4))
    {
      hein_number_set_add (&set, i);
      has[i] = TRUE;
      if (g_test_rand_bit ())
        {
          const guint gone = g_test_rand_int_range (0, i + 1);

          g_assert_cmpint (hein_number_set_remove (&set, gone), ==, has[gone]);
          has[gone] = FALSE;
        }
      assert_same (&set, has);
    }
  for (guint i = 0; i <= N; i++)
    hein_number_set_remove (&set, i);
  g_assert_cmpuint (set.n_runs, ==, 0);
  /* few are cheap again */
  g_assert_cmpuint (hein_number_set_get_size (&set), <=,
                    8 * sizeof (HeinNumberRun));
  hein_number_set_add (&set, G_MAXUINT64);
  g_assert_true (hein_number_set_contains (&set, G_MAXUINT64));
  g_assert_false (hein_number_set_contains (&set, G_MAXUINT64 - 1));
  hein_number_set_clear (&set);
}

/* In order, as most are handled, there is one run at most. */
static void
test_in_order (void)
{
  HeinNumberSet set = { 0 };
  const guint n_open = 256;

  for (guint i = 1; i <= 100000; i++)
    {
      hein_number_set_add (&set, i);
      if (i > n_open)
        g_assert_true (hein_number_set_remove (&set, i - n_open));
      g_assert_cmpuint (set.n_runs, ==, 1);
    }
  hein_number_set_clear (&set);
}

/* ---- what is said again ---- */

static void
on_handled (gpointer data, guint64 first, guint64 last)
{
  g_string_append_printf (data, "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT " ",
                          first, last);
}

static void
on_failed (gpointer data, guint64 number, int code, const char *why)
{
  g_string_append_printf (data, "%" G_GUINT64_FORMAT ":%d:%s ", number, code,
                          why);
}

static void
assert_repeats (HeinDelivered *self,
                guint64 first,
                guint64 last,
                const char *expected)
{
  static const HeinDeliveredWords words = { on_handled, on_failed };
  g_autoptr (GString) said = g_string_new (NULL);

  hein_delivered_repeat (self, first, last, &words, said);
  g_assert_cmpstr (said->str, ==, expected);
}

static void
test_repeat (void)
{
  HeinDelivered from;

  hein_delivered_init (&from, 10);
  assert_repeats (&from, 1, 100, "");
  for (guint i = 1; i <= 9; i++)
    g_assert_true (hein_delivered_arrive (&from, i));
  g_assert_false (hein_delivered_arrive (&from, 9));
  g_assert_false (hein_delivered_arrive (&from, 1));
  g_assert_false (hein_delivered_arrive (&from, 0));
  assert_repeats (&from, 1, 100, "");
  for (guint i = 1; i <= 9; i++)
    if (i != 4 && i != 7)
      hein_delivered_end (&from, i);
  hein_delivered_fail (&from, 7, 3, "no");
  hein_delivered_fail (&from, 7, 4, "only the first word counts");
  assert_repeats (&from, 1, 100, "1-3 5-6 8-9 7:3:no ");
  assert_repeats (&from, 4, 7, "5-6 7:3:no ");
  assert_repeats (&from, 8, 8, "8-8 ");
  assert_repeats (&from, 4, 4, "");
  assert_repeats (&from, 10, 10, "");
  assert_repeats (&from, 0, G_MAXUINT64, "0-3 5-6 8-9 7:3:no ");
  g_assert_true (hein_delivered_arrive (&from, G_MAXUINT64));
  assert_repeats (&from, 9, G_MAXUINT64, "9-18446744073709551614 ");
  hein_delivered_clear (&from);
  g_assert_cmpuint (hein_delivered_get_size (&from), ==, 0);
}

/* No more are kept than a peer may have open, and no more of each than is
 * said. */
static void
test_many_failures (void)
{
  HeinDelivered from;
  g_autofree char *why = g_strnfill (10000, 'x');

  hein_delivered_init (&from, 2);
  for (guint i = 1; i <= 1000; i++)
    {
      g_assert_true (hein_delivered_arrive (&from, i));
      hein_delivered_fail (&from, i, 1, i < 999 ? why : "y");
      g_assert_cmpuint (hein_delivered_get_size (&from), <, 1024);
    }
  assert_repeats (&from, 998, 1000, "998-998 999:1:y 1000:1:y ");
  hein_delivered_clear (&from);
}

/* What the peer was told not to have come must not be taken later, or it would
 * be handled twice; nor is it said to be handled. */
static void
test_closed (void)
{
  HeinDelivered from;

  hein_delivered_init (&from, 10);
  g_assert_true (hein_delivered_arrive (&from, 1));
  hein_delivered_end (&from, 1);
  hein_delivered_close (&from, 3);
  g_assert_false (hein_delivered_arrive (&from, 2));
  g_assert_false (hein_delivered_arrive (&from, 3));
  assert_repeats (&from, 1, 3, "1-1 ");
  g_assert_true (hein_delivered_arrive (&from, 4));
  hein_delivered_clear (&from);
}

/* More are known than may be asked about; then it is not certain for a
 * while. */
static void
test_forgotten (void)
{
  HeinForgotten forgotten = { 0 };
  const gint64 hours_us = 3600 * G_TIME_SPAN_SECOND;

  g_assert_false (hein_forgotten_may_contain (&forgotten, "a", 0));
  hein_forgotten_add (&forgotten, "a", 0);
  g_assert_true (hein_forgotten_may_contain (&forgotten, "a", 9 * hours_us));
  g_assert_false (hein_forgotten_may_contain (&forgotten, "b", 0));
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%032u", i);

      hein_forgotten_add (&forgotten, name, i);
      g_assert_true (hein_forgotten_may_contain (&forgotten, name, i));
    }
  g_assert_cmpuint (forgotten.entries->len, ==, 4096);
  g_assert_true (hein_forgotten_may_contain (&forgotten, "b", hours_us));
  g_assert_false (hein_forgotten_may_contain (&forgotten, "b", 3 * hours_us));
  hein_forgotten_clear (&forgotten);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/delivered/set", test_set);
  g_test_add_func ("/delivered/in-order", test_in_order);
  g_test_add_func ("/delivered/repeat", test_repeat);
  g_test_add_func ("/delivered/many-failures", test_many_failures);
  g_test_add_func ("/delivered/closed", test_closed);
  g_test_add_func ("/delivered/forgotten", test_forgotten);
  return g_test_run ();
}
