/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-known-senders.h"
#include "mc-opener.h"

G_BEGIN_DECLS

typedef struct
{
  guint32 key_id;
  guint64 n_forged;
} McWear;

struct _McOpener
{
  McKeyRing *ring; /* owned; NULL: plain datagrams */
  McAdmission admission;
  McKnownSenders senders;
  gboolean has_aes;
  gboolean is_tight; /* nothing more is held */
  gboolean has_own_id;
  guint8 own_id[MC_SENDER_ID_SIZE];
  guint8 seed[MC_OPENER_SEED_SIZE];
  guint64 n_nonces;
  guint64 counts[MC_N_DROPS];
  McWear wears[MC_KEY_RING_MAX]; /* of keys in the ring that were forged */
};

/* Senders buried now may have used keys up to this one. */
guint64 mc_opener_get_epoch (McOpener *self);

G_END_DECLS
