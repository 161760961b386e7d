/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-fragment.h"
#include "mc-receiver-options.h"
#include "mc-tally.h"

G_BEGIN_DECLS

/*
 * Messages put together from fragments in any order: a bounded number of them,
 * for a bounded time. The caller takes care that no fragment comes twice.
 */
typedef struct
{
  const McReceiverOptions *options;
  McReceiverStats *stats;
  McTally *tally;
  GHashTable *open; /* first dseq -> owned message; NULL: none yet */
  GQueue by_age;    /* the messages, the one that waits longest first */
  gsize bytes;
} McReassembly;

void mc_reassembly_init (McReassembly *self,
                         const McReceiverOptions *options,
                         McReceiverStats *stats,
                         McTally *tally);
void mc_reassembly_clear (McReassembly *self);

/* A fragment of a message that has several. */
void mc_reassembly_take (McReassembly *self,
                         const McInner *inner,
                         GBytes *payload,
                         const McPlace *place,
                         gint64 now_us);
void mc_reassembly_tick (McReassembly *self, gint64 now_us);
gint64 mc_reassembly_get_deadline (const McReassembly *self);

G_END_DECLS
