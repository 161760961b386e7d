/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-common.h"

/* Messages that are acknowledged, for bench-raw. */
void bench_receipt_accept (Bench *bench, guint index);
void bench_receipt_deliver (Bench *bench, guint index);
