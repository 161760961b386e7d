/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-common.h"

/* For the variant `shake` of bench-raw. */
void bench_shake_accept (int fd);
void bench_shake_guests (Bench *bench, guint index);
