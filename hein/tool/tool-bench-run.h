/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The parameters and the result of a run with two processes. */

typedef struct
{
  gsize size; /* size of a message in bytes */
  double seconds;
  int address_fds[2]; /* a pipe that carries the listener's address */
  guint n_runs;       /* that have begun */
} ToolBench;

typedef struct
{
  guint64 n_messages;
  double seconds;
  double p50_us;
  double p99_us;
} ToolBenchResult;

/* What one of the two processes does; returns FALSE when it failed. */
typedef gboolean (*ToolBenchRole) (const ToolBench *bench,
                                   ToolBenchResult *result);

/* Fills in the round-trip times of @result from @times_us, an array of gint64,
 * which gets sorted. */
void tool_bench_set_trips (ToolBenchResult *result, GArray *times_us);

G_END_DECLS
