/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "bench-common.h"

typedef struct
{
  Bench bench;
  const char *test;
  const char *cpus;
  gint64 deadline_ns;
  pid_t children[BENCH_MAX_SUBSCRIBERS + 1];
  guint n_children;
  double cpu_s;
  double publisher_s; /* of it: the first child, who publishes */
  guint64 n_faults;   /* missing pages that the kernel had to find */
  char *problem;      /* NULL while all is well */
} BenchRun;

int bench_find_cpu (guint nth);
void bench_print_head (BenchRun *self, const char *status);
gboolean bench_run_throughput (BenchRun *self);
gboolean bench_run_round_trips (BenchRun *self);
gboolean bench_run_requests (BenchRun *self);
gboolean bench_run_deliveries (BenchRun *self);
gboolean bench_run_idle (BenchRun *self);
gboolean bench_run_connect (BenchRun *self);
gboolean bench_run_start (BenchRun *self);
