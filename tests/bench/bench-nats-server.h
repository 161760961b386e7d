/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "bench-common.h"

/* A nats-server on a port that only this run has. */

typedef struct
{
  pid_t pid;
  guint port;
  char *folder; /* where it stores, and says its port */
} BenchNatsServer;

void bench_nats_server_start (BenchNatsServer *self, gboolean has_streams);
/* Its processor time then counts as that of who waited for it. */
void bench_nats_server_stop (BenchNatsServer *self);
char *bench_nats_server_dup_version (void);
