/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../plugins/transports/udp-multicast/mc-opener.h"

G_BEGIN_DECLS

#define FUZZ_SENDERS 4

typedef struct
{
  McKey *key;
  McKeyRing *ring;
  McSuite suite;
  McOpener *opener;
  McSealer *sealers[FUZZ_SENDERS];
  McHello hello; /* the one sent last */
  gint64 now_us;
  guint64 n_received;
  guint8 inner[MC_DATAGRAM_MAX];
} FuzzSealed;

void fuzz_sealed_init (FuzzSealed *self, guint8 options);
/* Does with a datagram what a transport does. */
void fuzz_sealed_receive (FuzzSealed *self, const guint8 *datagram, gsize size);
McSealer *fuzz_sealed_get_sealer (FuzzSealed *self, guint8 n);
/* Sees that a good neighbour is still heard, and that nothing has grown. */
void fuzz_sealed_finish (FuzzSealed *self);

G_END_DECLS
