/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-cipher.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sodium.h>

#include "mc-sealed.h"

#define NONCE_SIZE 12

G_STATIC_ASSERT (MC_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES);
G_STATIC_ASSERT (MC_TAG_SIZE == crypto_aead_aes256gcm_ABYTES);
G_STATIC_ASSERT (MC_KEY_SIZE == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
G_STATIC_ASSERT (MC_KEY_SIZE == crypto_aead_aes256gcm_KEYBYTES);
G_STATIC_ASSERT (MC_KEY_SIZE == crypto_core_hchacha20_OUTPUTBYTES);
G_STATIC_ASSERT (MC_SENDER_ID_SIZE == crypto_core_hchacha20_INPUTBYTES);
G_STATIC_ASSERT (NONCE_SIZE == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
G_STATIC_ASSERT (NONCE_SIZE == crypto_aead_aes256gcm_NPUBBYTES);

gboolean
mc_suite_is_available (McSuite suite)
{
  g_assert (sodium_init () >= 0);
  return suite != MC_SUITE_AES256GCM || crypto_aead_aes256gcm_is_available ();
}

/* XChaCha20 is ChaCha20 with a key that is made of the first 16 bytes of the
 * nonce (draft-irtf-cfrg-xchacha): they are the sender id, so that needs to be
 * done only once. */
void
mc_suite_make_subkey (McSuite suite,
                      const McKey *key,
                      const guint8 *sender_id,
                      guint8 *subkey)
{
  static const char label[] = "hein mc v1";
  guint8 text[sizeof label + MC_SENDER_ID_SIZE];

  memcpy (text, label, sizeof label - 1);
  text[sizeof label - 1] = suite;
  memcpy (text + sizeof label, sender_id, MC_SENDER_ID_SIZE);
  crypto_generichash (subkey, MC_KEY_SIZE, text, sizeof text,
                      mc_key_get_bytes (key), MC_KEY_SIZE);
  if (suite == MC_SUITE_XCHACHA20)
    crypto_core_hchacha20 (subkey, sender_id, subkey, NULL);
}

/* ---- GnuTLS ---- */

/* Where GnuTLS has no code for a processor, it takes tables, and the time of
 * those tells of the key. */
static gboolean
has_instructions (void)
{
#ifdef __x86_64__
  __builtin_cpu_init ();
  return (__builtin_cpu_is ("intel") || __builtin_cpu_is ("amd")) &&
         g_getenv ("GNUTLS_CPUID_OVERRIDE") == NULL;
#else
  return FALSE;
#endif
}

/* Always a new one: gnutls_aead_cipher_set_key() of 3.7.9 makes wrong tags from
 * the second key on where the processor has PCLMUL. */
static gnutls_aead_cipher_hd_t
make_gcm (guint8 *subkey)
{
  gnutls_datum_t key = { subkey, MC_KEY_SIZE };
  gnutls_aead_cipher_hd_t gcm;

  if (!has_instructions () ||
      gnutls_aead_cipher_init (&gcm, GNUTLS_CIPHER_AES_256_GCM, &key) != 0)
    return NULL;
  return gcm;
}

static void
seal_gcm (const McCipher *self,
          const guint8 *nonce,
          const guint8 *inner,
          gsize size,
          guint8 *datagram)
{
  gsize sealed_size = size + MC_TAG_SIZE;

  g_assert (gnutls_aead_cipher_encrypt (self->gcm, nonce, NONCE_SIZE, datagram,
                                        MC_HEADER_SIZE, MC_TAG_SIZE, inner,
                                        size, datagram + MC_HEADER_SIZE,
                                        &sealed_size) == 0);
}

/* GnuTLS decrypts before it looks at the tag: what is forged must not stay. */
static gboolean
open_gcm (const McCipher *self,
          const guint8 *nonce,
          const guint8 *datagram,
          gsize sealed_size,
          guint8 *inner)
{
  gsize size = sealed_size - MC_TAG_SIZE;

  if (gnutls_aead_cipher_decrypt (self->gcm, nonce, NONCE_SIZE, datagram,
                                  MC_HEADER_SIZE, MC_TAG_SIZE,
                                  datagram + MC_HEADER_SIZE, sealed_size, inner,
                                  &size) == 0)
    return TRUE;
  memset (inner, 0, sealed_size - MC_TAG_SIZE);
  return FALSE;
}

/* ---- the cipher ---- */

void
mc_cipher_init_once (McCipher *self, McSuite suite, guint8 *subkey)
{
  *self = (McCipher){ suite, subkey, NULL };
}

void
mc_cipher_init (McCipher *self, McSuite suite, guint8 *subkey)
{
  mc_cipher_init_once (self, suite, subkey);
  if (suite == MC_SUITE_AES256GCM)
    self->gcm = make_gcm (subkey);
}

void
mc_cipher_clear (McCipher *self)
{
  g_clear_pointer (&self->gcm, gnutls_aead_cipher_deinit);
}

/* Four zeros, and the number as it lies in the header. */
static void
make_nonce (const guint8 *datagram, guint8 *nonce)
{
  memset (nonce, 0, 4);
  memcpy (nonce + 4, datagram + 24, 8);
}

void
mc_cipher_seal (const McCipher *self,
                const guint8 *inner,
                gsize inner_size,
                guint8 *datagram)
{
  guint8 nonce[NONCE_SIZE];
  guint8 *body = datagram + MC_HEADER_SIZE;

  make_nonce (datagram, nonce);
  if (self->suite == MC_SUITE_NONE)
    memmove (body, inner, inner_size);
  else if (self->suite == MC_SUITE_XCHACHA20)
    crypto_aead_chacha20poly1305_ietf_encrypt (body, NULL, inner, inner_size,
                                               datagram, MC_HEADER_SIZE, NULL,
                                               nonce, self->subkey);
  else if (self->gcm != NULL)
    seal_gcm (self, nonce, inner, inner_size, datagram);
  else
    crypto_aead_aes256gcm_encrypt (body, NULL, inner, inner_size, datagram,
                                   MC_HEADER_SIZE, NULL, nonce, self->subkey);
}

gboolean
mc_cipher_open (const McCipher *self,
                const guint8 *datagram,
                gsize size,
                guint8 *inner)
{
  guint8 nonce[NONCE_SIZE];
  const guint8 *body = datagram + MC_HEADER_SIZE;
  gsize body_size = size - MC_HEADER_SIZE;

  make_nonce (datagram, nonce);
  if (self->suite == MC_SUITE_NONE)
    {
      memmove (inner, body, body_size);
      return TRUE;
    }
  if (self->suite == MC_SUITE_XCHACHA20)
    return crypto_aead_chacha20poly1305_ietf_decrypt (inner, NULL, NULL, body,
                                                      body_size, datagram,
                                                      MC_HEADER_SIZE, nonce,
                                                      self->subkey) == 0;
  if (self->gcm != NULL)
    return open_gcm (self, nonce, datagram, body_size, inner);
  return crypto_aead_aes256gcm_decrypt (inner, NULL, NULL, body, body_size,
                                        datagram, MC_HEADER_SIZE, nonce,
                                        self->subkey) == 0;
}
