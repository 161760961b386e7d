/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What the Python library multisock encrypts its datagrams with: AES-256-CBC,
 * with one initialisation vector for all messages.
 *
 *   dialect K   key: its text, padded to 32 bytes with the byte 32 - size
 *   (1.1)       iv: its text, padded to 16 bytes with the byte 16 - size
 *               datagram: base64 in lines of [letters (16)] data padding, where
 *               padding is 1 to 16 bytes that each say how many they are
 *
 *   dialect D   key: SHA-256 of its text without the blanks around it
 *   (1.0)       iv: the first half of the SHA-256 of the passphrase, the same
 *               datagram: data, and 1 to 16 times one pad byte, encrypted
 *
 * In K, bytearrays have 16 random letters in front, text and bytes have not.
 * Who reads cannot tell: the library takes what is UTF-8 for text, and of all
 * else drops 16 bytes. So bytes that are not UTF-8 arrive whole only with
 * letters, and text only without: see multisock_crypter_needs_letters ().
 *
 * Neither is secure. Equal messages are equal datagrams, and nothing says that
 * a datagram is genuine, or decrypted with the right key: K notices a wrong key
 * in 255 of 256 cases and a wrong iv seldom, since that damages the first 16
 * bytes only; D notices neither as a rule.
 */
#define MULTISOCK_KEY_SIZE   32
#define MULTISOCK_BLOCK_SIZE 16

typedef struct _MultisockCrypter MultisockCrypter;

typedef enum
{
  /* UTF-8 in dialect K, anything in dialect D */
  MULTISOCK_FRONT_NONE,
  /* not UTF-8, behind 16 letters: they were dropped */
  MULTISOCK_FRONT_LETTERS,
  /* not UTF-8, without letters: nothing was dropped, where the library drops 16
   * bytes. Bytes that came without letters, or the wrong key. */
  MULTISOCK_FRONT_BYTES
} MultisockFront;

/* NULL with @error: a text is blank, not ASCII, or too long: @key has 32
 * characters at most. @iv has 15, since the library makes 32 bytes of more,
 * and then fails at every message. */
MultisockCrypter *
multisock_crypter_new_k (const char *key, const char *iv, GError **error);
/* @pad: unknown for the peers that exist, since every stored copy of the library
 * has lost it; a control character. NULL with @error: a text is blank. */
MultisockCrypter *multisock_crypter_new_d (const char *key,
                                           const char *passphrase,
                                           guint8 pad,
                                           GError **error);
/* Wipes the key. */
void multisock_crypter_free (MultisockCrypter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MultisockCrypter, multisock_crypter_free)

/* MULTISOCK_KEY_SIZE and MULTISOCK_BLOCK_SIZE bytes. */
const guint8 *multisock_crypter_get_key (const MultisockCrypter *self);
const guint8 *multisock_crypter_get_iv (const MultisockCrypter *self);

/* Whether @data arrives as it is only behind letters. */
gboolean multisock_crypter_needs_letters (const MultisockCrypter *self,
                                          const guint8 *data,
                                          gsize size);
/* How large the datagram of @size bytes is. */
gsize multisock_crypter_get_size (const MultisockCrypter *self,
                                  gsize size,
                                  gboolean has_letters);
/* @random: (nullable): 16 bytes, of which letters are made that go in front;
 * only in dialect K. (transfer full) */
GBytes *multisock_crypter_encrypt (const MultisockCrypter *self,
                                   const guint8 *data,
                                   gsize size,
                                   const guint8 *random);
/* NULL with @error: it is damaged, or of another key. (transfer full) */
GBytes *multisock_crypter_decrypt (const MultisockCrypter *self,
                                   const guint8 *data,
                                   gsize size,
                                   MultisockFront *front,
                                   GError **error);

G_END_DECLS
