/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-drop.h"
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
#define MC_HEADER_SIZE    36 /* of messages for all */
#define MC_HEADER_MAX     (MC_HEADER_SIZE + MC_SENDER_ID_SIZE)
#define MC_SENDER_ID_SIZE 16
#define MC_NONCE_AT       24 /* of 12 bytes: salt and seq */
#define MC_HEADER_SALT    6
#define MC_SALT_DATAGRAMS 64
#define MC_DATAGRAM_MAX   65507 /* of UDP over IPv4 */

/* So much may be encrypted under one sender id. */
#define MC_SEQ_END (G_GUINT64_CONSTANT (1) << 48)

#define MC_TAG_SIZE 16

typedef enum
{
  MC_SUITE_NONE = 0, /* neither encrypted nor authentic: no tag, key id 0 */
  MC_SUITE_XCHACHA20 = 1, /* XChaCha20-Poly1305 */
  MC_SUITE_AES256GCM = 2  /* where the processor has AES */
} McSuite;

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

G_END_DECLS
