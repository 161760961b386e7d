/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-bench-run.h"

/* The two processes of a benchmark that sends by hein. */

G_BEGIN_DECLS

gboolean tool_bench_hein_count (const ToolBench *bench,
                                ToolBenchResult *result);
gboolean tool_bench_hein_send (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_hein_echo (const ToolBench *bench, ToolBenchResult *result);
gboolean tool_bench_hein_ping (const ToolBench *bench, ToolBenchResult *result);

G_END_DECLS
