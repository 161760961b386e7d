/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../plugins/transports/udp-multicast/sealed/mc-opener.h"

G_BEGIN_DECLS

#define FUZZ_SENDERS    4
#define FUZZ_PIECES_MAX 16 /* so that no input takes long */

/* One end of a group. What costs more than a run, keys and what is locked in
 * memory, is made once: openers are emptied instead. */
typedef struct
{
  McSuite suite;
  McOpener *opener;
  guint64 seqs[FUZZ_SENDERS]; /* used last */
  McHello hello;              /* the one sent last */
  gint64 now_us;
  guint64 n_received;
  guint64 n_before; /* counted in earlier runs */
  guint8 *inner;
} FuzzSealed;

void fuzz_sealed_init (FuzzSealed *self, guint8 options);
/* Does with a datagram what a transport does. */
void fuzz_sealed_receive (FuzzSealed *self, const guint8 *datagram, gsize size);
/* What the @n-th sender says, with the number after the next @skip; for one or
 * for all. Returns the size of the @datagram. */
gsize fuzz_sealed_seal (FuzzSealed *self,
                        guint n,
                        guint skip,
                        gboolean is_for_one,
                        const guint8 *inner,
                        gsize inner_size,
                        guint8 *datagram);
/* Sees that a good neighbour is still heard, and that nothing has grown. */
void fuzz_sealed_finish (FuzzSealed *self);

G_END_DECLS
