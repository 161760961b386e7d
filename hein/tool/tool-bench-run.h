/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* One run of two processes, and what came of it. */

typedef struct
{
  gsize size; /* of a message, in bytes */
  double seconds;
  int address_fds[2]; /* a pipe: where the listener is */
} ToolBench;

typedef struct
{
  guint64 n_messages;
  double seconds;
  double p50_us;
  double p99_us;
} ToolBenchResult;

/* What one of the two processes does; FALSE when it failed. */
typedef gboolean (*ToolBenchRole) (const ToolBench *bench,
                                   ToolBenchResult *result);

/* Sorts @times_us, of gint64. */
void tool_bench_set_trips (ToolBenchResult *result, GArray *times_us);

G_END_DECLS
