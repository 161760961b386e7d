/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sorts @values. */
double bench_find_median (double *values, guint n);
