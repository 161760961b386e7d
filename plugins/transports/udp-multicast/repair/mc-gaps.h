/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-receiver-options.h"
#include "mc-reorder.h"

G_BEGIN_DECLS

/*
 * When to ask for what is missing. Each missing fragment waits a random time,
 * most of them long and few short, so that of many receivers one asks and the
 * others hear it; and once somebody asked, for the repair.
 */
typedef struct
{
  McReorder *reorder;
  McRandom random;
  gpointer user_data;
  gint64 grtt_us;
  guint group_size;
  gint64 due_us; /* nothing is due before */
  gint64 nak_us; /* when the next NAK may be sent */
} McGaps;

void mc_gaps_init (McGaps *self,
                   McReorder *reorder,
                   McRandom random,
                   gpointer user_data);
/* The fragments from @from up to @end are missing. */
void mc_gaps_open (McGaps *self, guint64 from, guint64 end, gint64 now_us);
/* Another receiver asked. Returns: for how many that we miss. */
guint
mc_gaps_suppress (McGaps *self, const McRange *ranges, guint n, gint64 now_us);
/* Gives up fragments that were asked for often or long enough. Returns for how
 * many of the MC_NAK_RANGES @ranges to ask now; they count as asked for. */
guint mc_gaps_tick (McGaps *self, McRange *ranges, gint64 now_us);
gint64 mc_gaps_get_deadline (const McGaps *self);

G_END_DECLS
