/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-common.h"

/* Subscribers with prefixes of their own, of whom one wants each message. */

/* Between two probes. */
#define BENCH_PROBE_NS G_GINT64_CONSTANT (20000000)

typedef void (*BenchFilterSend) (gpointer socket,
                                 const char *topic,
                                 const guint8 *data,
                                 gsize size);

void bench_filter_send (Bench *bench,
                        BenchFilterSend send,
                        gpointer socket,
                        guint64 number);
void bench_filter_probe (Bench *bench, BenchFilterSend send, gpointer socket);
/* All subscribers: `n_connections`, with `n_prefixes` each. */
void bench_filter_client (Bench *bench, guint index);
