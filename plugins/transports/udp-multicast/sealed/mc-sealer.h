/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-cipher.h"

G_BEGIN_DECLS

/*
 * One incarnation of a sender. It ends (`HEIN_ERROR_CLOSED`) when all numbers
 * are used up, and in a child of fork(), which would use the same numbers with
 * the same key as its parent: then a new one is made, with a new sender id.
 */
typedef struct _McSealer McSealer;

/* @key is NULL for MC_SUITE_NONE, which is for those who asked for it. The
 * MC_SENDER_ID_SIZE bytes must be random. */
McSealer *mc_sealer_new (McSuite suite,
                         McKey *key,
                         const guint8 *sender_id,
                         GError **error);
void mc_sealer_free (McSealer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McSealer, mc_sealer_free)

/* From now on with the next key; the numbers go on. */
void mc_sealer_set_key (McSealer *self, McKey *key);
const guint8 *mc_sealer_get_sender_id (const McSealer *self);
/* The number that was used last, for an ADMIT; 0: none yet. */
guint64 mc_sealer_get_seq (const McSealer *self);
/* Numbers may be skipped, never repeated: a lower one is ignored. */
void mc_sealer_skip_to (McSealer *self, guint64 last_seq);

/* Datagrams sealed from now on have another salt. */
void mc_sealer_begin_burst (McSealer *self);

/*
 * Writes a datagram that says @inner, which may lie behind the room for the
 * header in @to. @recipient: the MC_SENDER_ID_SIZE bytes of the one that it is
 * for; NULL: all. Returns its size; 0: failed, with `HEIN_ERROR_TOO_LARGE` when
 * there is no room for it.
 */
gsize mc_sealer_seal (McSealer *self,
                      const guint8 *recipient,
                      const guint8 *inner,
                      gsize inner_size,
                      guint8 *to,
                      gsize room,
                      GError **error);

G_END_DECLS
