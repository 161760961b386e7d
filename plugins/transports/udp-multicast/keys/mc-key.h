/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * The key of a group. Whoever has it, reads what the group says and can speak
 * as any member of it. It lies in memory that is neither swapped nor dumped,
 * where the system allows it, and is overwritten when it goes.
 */
#define MC_KEY_SIZE  32
#define MC_SALT_SIZE 16

#define MC_PASSPHRASE_MIN 12 /* characters */
#define MC_PASSPHRASE_MAX 1024

/* It can be made in one thread and used in another. */
typedef struct _McKey McKey;

/*
 * How much work and memory a guess of the passphrase takes:
 *
 *                passes   MiB   about, on a PC of 2020
 *   interactive       2    64   0.2 s
 *   moderate          3   256   1 s
 *   sensitive         4  1024   4.4 s
 *
 * These are the values of crypto_pwhash_argon2id_{OPS,MEM}LIMIT_… in libsodium
 * 1.0.18 (RFC 9106 is Argon2). They are written down here since they are part
 * of the format: with a libsodium that thinks otherwise the same passphrase
 * must still make the same key.
 */
typedef enum
{
  MC_LEVEL_INTERACTIVE,
  MC_LEVEL_MODERATE,
  MC_LEVEL_SENSITIVE
} McLevel;

/* Copies MC_KEY_SIZE bytes. */
McKey *mc_key_new (const guint8 *bytes);
McKey *mc_key_ref (McKey *self);
void mc_key_unref (McKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McKey, mc_key_unref)

/* What a datagram names its key by: the first 4 bytes of BLAKE2b-256 (key,
 * "hein kid"), which tell nothing of it. */
guint32 mc_key_get_id (const McKey *self);
/* MC_KEY_SIZE bytes, to derive others from. */
const guint8 *mc_key_get_bytes (const McKey *self);

/*
 * The salt that all who know the name and the address of a group find without
 * talking to each other: BLAKE2b-128 of
 *
 *   "hein-mc-salt-v1", the name in UTF-8, 0, the address (4 or 16 bytes),
 *   port (2), passes (8), bytes of memory (8)
 *
 * Passes and memory are in it so that those who disagree on them have keys of
 * different ids, and not datagrams that look forged.
 */
void mc_key_make_salt (const char *group_name,
                       GInetSocketAddress *address,
                       McLevel level,
                       guint8 *salt);

/*
 * Argon2id of the passphrase, in Unicode's form NFC, for it should not matter
 * on which keyboard it was typed. Takes seconds: call it in a thread. @salt is
 * that of mc_key_make_salt(), or MC_SALT_SIZE random bytes that the group has
 * agreed on, which is better: then no table can be made in advance.
 *
 * Errors: `HEIN_ERROR_INSECURE` (too short), `HEIN_ERROR_FAILED`.
 */
McKey *mc_key_derive (const char *passphrase,
                      const guint8 *salt,
                      McLevel level,
                      GError **error);

G_END_DECLS
