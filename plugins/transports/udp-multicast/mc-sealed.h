/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-cipher.h"
#include "mc-inner.h"

G_BEGIN_DECLS

/*
 * A datagram of the format `hein`. Big-endian:
 *
 *    0  2  0x48 0x4d
 *    2  1  version (4 bits, 1), suite (4 bits)
 *    3  1  flags: 0 (1: signed, not yet)
 *    4  4  key id; 0 without a key
 *    8 16  sender id: random for each incarnation of a sender
 *   24  8  seq: one higher for EVERY datagram of the sender, from 1
 *   32  …  what it says (mc-inner.h), encrypted
 *    … 16  tag, over all before it
 *
 * Each sender encrypts with a key of its own,
 *
 *   BLAKE2b-256 (key of the group, "hein mc v1" ‖ suite (1) ‖ sender id)
 *
 * and the nonce is not sent: it is sender id ‖ seq (suite 1), or four zeros and
 * seq (suite 2). Since the sender id is a fresh one at each start, no counter
 * must survive a crash, and no pair of key and nonce comes twice.
 *
 * There is no proof which member of the group sent a datagram: whoever has the
 * key can speak for another.
 */
#define MC_HEADER_SIZE    32
#define MC_SENDER_ID_SIZE 16
#define MC_DATAGRAM_MAX   65507 /* of UDP over IPv4 */

/* So much may be encrypted under one sender id. */
#define MC_SEQ_END (G_GUINT64_CONSTANT (1) << 48)

/* What became of a datagram that came. */
typedef enum
{
  MC_OPENED,
  MC_DROP_SHORT,
  MC_DROP_LONG,    /* over what UDP carries, or the caller's buffer */
  MC_DROP_MAGIC,   /* not of this format */
  MC_DROP_VERSION, /* a later one */
  MC_DROP_SUITE,   /* unknown, not to be had here, or not what was agreed on */
  MC_DROP_FLAGS,
  MC_DROP_SEQ,         /* 0, or beyond what a sender may send */
  MC_DROP_OWN,         /* it came back to its sender */
  MC_DROP_UNKNOWN_KEY, /* or one whose time it is not */
  MC_DROP_WORN_KEY,    /* under this key too much was forged */
  MC_DROP_REPLAY,      /* it came before */
  MC_DROP_TOO_OLD,     /* it may have come before */
  MC_DROP_ENDED,       /* its sender has said goodbye */
  MC_DROP_FORGED,      /* damaged, or not sealed with this key */
  MC_DROP_LIMIT,       /* too many senders, or too much held for one */
  MC_DROP_UNANSWERED,  /* held, but its sender did not prove that it lives */
  MC_N_DROPS
} McDrop;

typedef struct
{
  McSuite suite;
  guint32 key_id;
  guint64 seq;
  guint8 sender_id[MC_SENDER_ID_SIZE];
} McHeader;

/* Writes MC_HEADER_SIZE bytes. */
void mc_header_put (const McHeader *self, guint8 *to);
/* All that can be said without a key. */
McDrop mc_header_get (const guint8 *from, gsize size, McHeader *self);

/* Size of a datagram that says @inner_size bytes. */
gsize mc_suite_get_sealed_size (McSuite suite, gsize inner_size);

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

/*
 * Writes a datagram that says @inner, which may lie MC_HEADER_SIZE bytes behind
 * @to. Returns its size; 0: failed, with `HEIN_ERROR_TOO_LARGE` when there is
 * no room for it.
 */
gsize mc_sealer_seal (McSealer *self,
                      const guint8 *inner,
                      gsize inner_size,
                      guint8 *to,
                      gsize room,
                      GError **error);

G_END_DECLS
