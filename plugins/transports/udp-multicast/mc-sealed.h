/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-cipher.h"
#include "mc-inner.h"

G_BEGIN_DECLS

/*
 * A datagram of the format `hein`. Big-endian:
 *
 *    0  2  0x48 0x4d
 *    2  1  version (4 bits, 2), suite (4 bits)
 *    3  1  flags: 1: for one member alone (2: signed, not yet)
 *    4  4  key id; 0 without a key
 *    8 16  sender id: random for each incarnation of a sender
 *   24  6  salt: random, the same for some datagrams that follow each other
 *   30  6  seq: one higher for EVERY datagram of the sender, from 1
 *   36 16  sender id of the one that it is for; only with flag 1
 *    …  …  what it says (mc-inner.h), encrypted
 *    … 16  tag, over all before it
 *
 * Each sender encrypts with a key of its own,
 *
 *   BLAKE2b-256 (key of the group, "hein mc v2" ‖ suite (1) ‖ sender id)
 *
 * with suite 1 as XChaCha20 does, but that salt ‖ seq takes all 12
 * bytes of the nonce behind the sender id; with suite 2 that is all of it. Since
 * the sender id is a fresh one at each start, no counter must survive a crash,
 * and no pair of key and nonce comes twice.
 *
 * The salt is for what goes on twice from one state without a start: a virtual
 * machine that was copied while it ran, or a process (CRIU). Both copies count
 * on with the same numbers under the same key, and their nonces differ by the
 * salt alone. It is drawn anew for each turn, and for each MC_SALT_DATAGRAMS
 * in it, from the kernel and both clocks: copies that were made within that
 * time, and say different things in the rest of it, are not kept apart.
 *
 * Who a datagram is for is authentic, so that nobody can make another one take
 * it. It is not encrypted: the address that it goes to tells the same.
 *
 * There is no proof which member of the group sent a datagram: whoever has the
 * key can speak for another.
 */
#define MC_HEADER_SIZE    36 /* of what is for all */
#define MC_HEADER_MAX     (MC_HEADER_SIZE + MC_SENDER_ID_SIZE)
#define MC_SENDER_ID_SIZE 16
#define MC_NONCE_AT       24 /* of 12 bytes: salt and seq */
#define MC_HEADER_SALT    6
#define MC_SALT_DATAGRAMS 64
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
  MC_DROP_VERSION, /* an earlier or later one */
  MC_DROP_SUITE,   /* unknown, not to be had here, or not what was agreed on */
  MC_DROP_FLAGS,
  MC_DROP_SEQ,         /* 0, or beyond what a sender may send */
  MC_DROP_OWN,         /* it came back to its sender */
  MC_DROP_OTHER,       /* it is for another member alone */
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
  guint8 salt[MC_HEADER_SALT];
  gboolean is_for_one;
  guint8 recipient[MC_SENDER_ID_SIZE]; /* if so */
} McHeader;

/* Writes mc_header_get_size() bytes. */
void mc_header_put (const McHeader *self, guint8 *to);
gsize mc_header_get_size (gboolean is_for_one);
/* All that can be said without a key. */
McDrop mc_header_get (const guint8 *from, gsize size, McHeader *self);

/* Size of a datagram that says @inner_size bytes. */
gsize
mc_suite_get_sealed_size (McSuite suite, gboolean is_for_one, gsize inner_size);

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

/* What is sealed from now on has another salt. */
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
