/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-grtt.h"

/* The longest round trip: it goes up fast and down slowly. */

gint64
mc_grtt_clamp (gint64 us)
{
  return CLAMP (us, MC_GRTT_MIN_US, MC_GRTT_MAX_US);
}

gint64
mc_grtt_measure (gint64 grtt_us, gint64 sample_us)
{
  gint64 change = mc_grtt_clamp (sample_us) - grtt_us;

  return mc_grtt_clamp (grtt_us + (change > 0 ? change / 2 : change / 16));
}
