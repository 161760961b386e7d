/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-bench-run.h"

/* Statistics of a benchmark run. */

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

void
tool_bench_set_trips (ToolBenchResult *result, GArray *times_us)
{
  guint n = times_us->len;
  guint middle = n / 2;
  guint late = (guint64) n * 99 / 100;

  if (n == 0)
    return;
  g_array_sort (times_us, compare_times);
  result->p50_us = g_array_index (times_us, gint64, middle);
  result->p99_us = g_array_index (times_us, gint64, late);
}
