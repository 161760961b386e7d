/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"
#include "mc-bucket.h"

G_BEGIN_DECLS

/*
 * At most 100 NAKs of one receiver within a second. It knows up to 1024
 * receivers; all beyond share what one may have.
 */
#define MC_NAKS_PER_SECOND 100
#define MC_NAK_RECEIVERS   1024

typedef struct
{
  GHashTable *buckets; /* owned id -> owned McBucket; NULL: none yet */
  McBucket others;
} McNakLimit;

void mc_nak_limit_init (McNakLimit *self, gint64 now_us);
void mc_nak_limit_clear (McNakLimit *self);
gboolean
mc_nak_limit_take (McNakLimit *self, const guint8 *from, gint64 now_us);

G_END_DECLS
