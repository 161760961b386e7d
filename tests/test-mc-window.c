/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib.h>

#include "../plugins/transports/udp-multicast/sealed/mc-window.h"

/* Which numbers of a sender are new, were seen, or are too old to tell. */

static McWindowVerdict
expect (GHashTable *seen, guint64 max, guint64 floor, guint64 seq)
{
  if (seq <= floor || seq + MC_WINDOW_SIZE <= max)
    return MC_WINDOW_OLD;
  return g_hash_table_contains (seen, &seq) ? MC_WINDOW_SEEN : MC_WINDOW_NEW;
}

static guint64
choose_seq (GRand *dice, guint64 max)
{
  guint64 back = g_rand_int_range (dice, 0, 9000);
  guint choice = g_rand_int_range (dice, 0, 100);

  if (choice < 45)
    return max + 1 + g_rand_int_range (dice, 0, 4);
  if (choice < 50)
    return max + g_rand_int_range (dice, 0, 9000);
  if (choice == 50)
    return max + ((guint64) g_rand_int (dice) << g_rand_int_range (dice, 0, 8));
  if (choice < 70)
    back %= 64;
  return max > back ? max - back : 0;
}

static void
test_window_reference (void)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GRand) dice = g_rand_new_with_seed (1);
  guint64 max = 0, floor = 0;
  guint n_verdicts[3] = { 0 };
  McWindow window;

  mc_window_init (&window, 0);
  for (guint i = 0; i < 100000; i++)
    {
      guint64 seq = choose_seq (dice, max);
      McWindowVerdict verdict = mc_window_check (&window, seq);

      g_assert_cmpint (verdict, ==, expect (seen, max, floor, seq));
      n_verdicts[verdict]++;
      if (verdict == MC_WINDOW_NEW)
        {
          mc_window_mark (&window, seq);
          g_hash_table_add (seen, g_memdup2 (&seq, sizeof seq));
          max = MAX (max, seq);
        }
      if (g_rand_int_range (dice, 0, 1000) == 0)
        {
          guint64 higher = choose_seq (dice, max);

          floor = MAX (floor, higher);
          max = MAX (max, floor);
          mc_window_raise_floor (&window, floor);
        }
      g_assert_cmpuint (window.max, ==, max);
    }
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (n_verdicts[i], >, 1000);
}

static void
test_window_edges (void)
{
  McWindow window;

  mc_window_init (&window, 0);
  g_assert_cmpint (mc_window_check (&window, 0), ==, MC_WINDOW_OLD);
  mc_window_mark (&window, 10000);
  g_assert_cmpint (mc_window_check (&window, 10000 - 8127), ==, MC_WINDOW_NEW);
  g_assert_cmpint (mc_window_check (&window, 10000 - 8128), ==, MC_WINDOW_OLD);
  mc_window_mark (&window, G_MAXUINT64);
  g_assert_cmpint (mc_window_check (&window, G_MAXUINT64), ==, MC_WINDOW_SEEN);
  g_assert_cmpint (mc_window_check (&window, 10000), ==, MC_WINDOW_OLD);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mc-window/reference", test_window_reference);
  g_test_add_func ("/mc-window/edges", test_window_edges);
  return g_test_run ();
}
