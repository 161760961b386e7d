/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-bench-run.h"

/* The two processes of a benchmark over a plain socket, for comparison. */

G_BEGIN_DECLS

gboolean tool_bench_raw_count (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_raw_send (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_raw_echo (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_raw_ping (const ToolBench *bench, ToolBenchResult *result);

G_END_DECLS
