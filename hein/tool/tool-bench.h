/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

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

gboolean tool_bench_hein_count (const ToolBench *bench,
                                ToolBenchResult *result);
gboolean tool_bench_hein_send (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_hein_echo (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_hein_ping (const ToolBench *bench, ToolBenchResult *result);

gboolean tool_bench_raw_count (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_raw_send (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_raw_echo (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_raw_ping (const ToolBench *bench, ToolBenchResult *result);

/* Sorts @times_us, of gint64. */
void tool_bench_set_trips (ToolBenchResult *result, GArray *times_us);

G_END_DECLS
