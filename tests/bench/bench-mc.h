/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <netinet/in.h>

#include "bench-common.h"

/* What the programs of multicast share: a group that nobody else has. */

/* Of this run; the publisher chooses the port, and subscribers wait for it. */
void bench_mc_choose_port (Bench *bench);
void bench_mc_get_group (Bench *bench, struct sockaddr_in *group);

/* Sends by itself until all hear, with what `turn` does between two probes;
 * then what counts, and the last one again while it may be lost. */
typedef void (*BenchTurn) (gpointer socket, int timeout_ms);
void bench_mc_publish (Bench *bench,
                       BenchSend send,
                       BenchTurn turn,
                       gpointer socket);
/* Until there may be credit, or `fd` (-1: none) is ready, or 1 ms is over. */
void bench_mc_wait (Bench *bench, int fd);
