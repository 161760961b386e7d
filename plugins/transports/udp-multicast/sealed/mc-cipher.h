/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-header.h"
#include "keys/mc-key.h"

G_BEGIN_DECLS

/*
 * The ciphers of the format `hein`: the bytes behind a header, encrypted and
 * opened.
 *
 * Both are OpenSSL's, which is twice as fast, and libsodium's where a key is
 * used only once, or for a few bytes of ChaCha20. Both say the same bits.
 */
gboolean mc_suite_is_available (McSuite suite);

/* What mc_cipher_init() takes, of a sender: MC_KEY_SIZE bytes. */
void mc_suite_make_subkey (McSuite suite,
                           const McKey *key,
                           const guint8 *sender_id,
                           guint8 *subkey);

/* The key of one sender, made ready. */
typedef struct
{
  McSuite suite;
  guint8 *subkey;                    /* borrowed */
  struct evp_cipher_ctx_st *context; /* owned, of OpenSSL; NULL: without */
} McCipher;

/* @subkey stays where it is, in locked memory, for as long as the cipher is
 * used. OpenSSL has a copy, or its round keys, in memory that is not locked,
 * and overwrites it in mc_cipher_clear(). */
void mc_cipher_init (McCipher *self, McSuite suite, guint8 *subkey);
/* For a single datagram: nothing is made, and nothing is to be cleared. */
void mc_cipher_init_once (McCipher *self, McSuite suite, guint8 *subkey);
/* The subkey is the caller's. */
void mc_cipher_clear (McCipher *self);

/* @datagram begins with its header, of @header_size bytes, and gets the rest.
 * @inner may lie where that will be. */
void mc_cipher_seal (const McCipher *self,
                     gsize header_size,
                     const guint8 *inner,
                     gsize inner_size,
                     guint8 *datagram);
/* FALSE: it is forged. @size is what mc_header_get() lets it be. @inner has room
 * for what it says, and may be where the encrypted bytes are; nothing of what is
 * forged stays there. */
gboolean mc_cipher_open (const McCipher *self,
                         gsize header_size,
                         const guint8 *datagram,
                         gsize size,
                         guint8 *inner);

G_END_DECLS
