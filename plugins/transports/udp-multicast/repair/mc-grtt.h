/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The longest round trip of a group: it goes up fast and down slowly, so that
 * the fast do not make the slow look lost.
 */
#define MC_GRTT_DEFAULT_US 10000
#define MC_GRTT_MIN_US     1000
#define MC_GRTT_MAX_US     1000000

gint64 mc_grtt_clamp (gint64 us);
gint64 mc_grtt_measure (gint64 grtt_us, gint64 sample_us);

G_END_DECLS
