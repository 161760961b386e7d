/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "../plugins/transports/udp-multicast/sealed/mc-opener.h"
#include "../plugins/transports/udp-multicast/sealed/mc-sealer.h"

G_BEGIN_DECLS

/* One that seals and one that opens, for the tests of udp-multicast's format
 * `hein`; what is sealed lies in @datagram. */
#define ROOM 2048

typedef struct
{
  McKey *key;
  McKeyRing *ring;
  McSuite suite;
  McSealer *sealer;
  McOpener *opener;
  gint64 now_us;
  guint8 datagram[ROOM];
  gsize size;
  guint8 inner[ROOM];
  McOpened opened;
} Pair;

McKey *make_key (guint8 first);
McSealer *make_sealer (McSuite suite, McKey *key, guint32 n);
Pair *pair_new (McSuite suite, McAdmission admission);
void pair_free (Pair *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

/* From now on it is the @n-th sender. */
void use_sealer (Pair *self, guint32 n);
void seal_type (Pair *self, McType type, const void *payload, gsize size);
void seal (Pair *self, const char *text);
McDrop open_bytes (Pair *self, const guint8 *datagram, gsize size);
McDrop open_it (Pair *self);
/* Seals a datagram of that number, and opens it. */
McDrop open_seq (Pair *self, guint64 seq);
void assert_says (Pair *self, const char *text);

G_END_DECLS
