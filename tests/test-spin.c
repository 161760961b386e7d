/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "io/hein-spin.h"

#define LIMIT_US 50

static void
set_up (HeinSpin *spin)
{
  hein_spin_init (spin);
  hein_spin_set_limit (spin, LIMIT_US);
  /* so that this also tests where there is one processor */
  spin->limit_us = LIMIT_US;
}

static void
add_gaps (HeinSpin *spin, gint64 gap_us, guint n)
{
  while (n-- > 0)
    hein_spin_add_gap (spin, gap_us);
}

/* How often of @n waits it looks, each time with the same result. */
static guint
count (HeinSpin *spin, guint n, gboolean is_ready)
{
  guint found = 0;

  while (n-- > 0)
    if (hein_spin_should_begin (spin))
      {
        found++;
        hein_spin_end (spin, is_ready);
      }
  return found;
}

/* Only short gaps make it begin, and one long pause ends it. */
static void
test_gaps (void)
{
  HeinSpin spin;

  set_up (&spin);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 0);
  add_gaps (&spin, 10, 50);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 100);
  add_gaps (&spin, 100000, 1);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 0);
  add_gaps (&spin, LIMIT_US * 3, 100);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 0);
}

/* In vain: ever more rarely; once it pays again, as often as before. */
static void
test_backoff (void)
{
  HeinSpin spin;

  set_up (&spin);
  add_gaps (&spin, 10, 50);
  g_assert_cmpuint (count (&spin, 10000, FALSE), <, 25);
  g_assert_cmpuint (count (&spin, 10000, FALSE), <, 12);
  g_assert_cmpuint (count (&spin, 2000, TRUE), >, 900);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 100);
}

static void
test_never (void)
{
  HeinSpin spin;

  hein_spin_init (&spin);
  add_gaps (&spin, 0, 100);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 0);
  hein_spin_set_limit (&spin, LIMIT_US);
  g_assert_cmpuint (spin.limit_us, ==,
                    sysconf (_SC_NPROCESSORS_ONLN) > 1 ? LIMIT_US : 0);
  hein_spin_set_limit (&spin, 0);
  g_assert_cmpuint (count (&spin, 100, TRUE), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spin/gaps", test_gaps);
  g_test_add_func ("/spin/backoff", test_backoff);
  g_test_add_func ("/spin/never", test_never);
  return g_test_run ();
}
