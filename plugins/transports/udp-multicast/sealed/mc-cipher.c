/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-cipher.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

/* The two ciphers, each from the library that is faster at the size at hand. */

#define NONCE_SIZE 12

G_STATIC_ASSERT (MC_NONCE_AT + NONCE_SIZE == MC_HEADER_SIZE);

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
  static const char label[] = "hein mc v2";
  guint8 text[sizeof label + MC_SENDER_ID_SIZE];

  memcpy (text, label, sizeof label - 1);
  text[sizeof label - 1] = suite;
  memcpy (text + sizeof label, sender_id, MC_SENDER_ID_SIZE);
  crypto_generichash (subkey, MC_KEY_SIZE, text, sizeof text,
                      mc_key_get_bytes (key), MC_KEY_SIZE);
  if (suite == MC_SUITE_XCHACHA20)
    crypto_core_hchacha20 (subkey, sender_id, subkey, NULL);
}

/* ---- OpenSSL ---- */

/* From this size OpenSSL is faster at ChaCha20: its preparation costs as much
 * as 1300 bytes. */
#define CHACHA20_OPENSSL_SIZE 2048

/* A context of our own: neither the configuration of the system nor what the
 * program does with OpenSSL reaches it. */
static EVP_CIPHER *
fetch (McSuite suite)
{
  static EVP_CIPHER *ciphers[MC_SUITE_AES256GCM + 1];
  static gsize once;

  if (g_once_init_enter (&once))
    {
      OSSL_LIB_CTX *library = OSSL_LIB_CTX_new ();

      ciphers[MC_SUITE_XCHACHA20] =
        EVP_CIPHER_fetch (library, "ChaCha20-Poly1305", NULL);
      ciphers[MC_SUITE_AES256GCM] =
        EVP_CIPHER_fetch (library, "AES-256-GCM", NULL);
      g_once_init_leave (&once, 1);
    }
  return ciphers[suite];
}

/* NULL: OpenSSL will not, so libsodium has to. */
static EVP_CIPHER_CTX *
make_context (McSuite suite, const guint8 *subkey)
{
  EVP_CIPHER *cipher = fetch (suite);
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();

  if (cipher != NULL &&
      EVP_EncryptInit_ex2 (context, cipher, subkey, NULL, NULL))
    return context;
  EVP_CIPHER_CTX_free (context);
  return NULL;
}

static gboolean
has_context_for (const McCipher *self, gsize size)
{
  return self->context != NULL &&
         (self->suite != MC_SUITE_XCHACHA20 || size >= CHACHA20_OPENSSL_SIZE);
}

static void
context_seal (const McCipher *self,
              gsize header_size,
              const guint8 *inner,
              gsize size,
              guint8 *datagram)
{
  EVP_CIPHER_CTX *context = self->context;
  const guint8 *nonce = datagram + MC_NONCE_AT;
  guint8 *body = datagram + header_size;
  int n;

  if (!EVP_EncryptInit_ex2 (context, NULL, NULL, nonce, NULL) ||
      !EVP_EncryptUpdate (context, NULL, &n, datagram, header_size) ||
      !EVP_EncryptUpdate (context, body, &n, inner, size) ||
      !EVP_EncryptFinal_ex (context, body + size, &n) ||
      !EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_GET_TAG, MC_TAG_SIZE,
                            body + size))
    g_error ("OpenSSL does not encrypt");
}

/* OpenSSL decrypts before it checks the tag: forged bytes must not stay. Nor
 * must its error, which the program would take for one of its own. */
static gboolean
context_open (const McCipher *self,
              gsize header_size,
              const guint8 *datagram,
              gsize sealed_size,
              guint8 *inner)
{
  EVP_CIPHER_CTX *context = self->context;
  const guint8 *nonce = datagram + MC_NONCE_AT;
  const guint8 *body = datagram + header_size;
  const gsize size = sealed_size - MC_TAG_SIZE;
  guint8 tag[MC_TAG_SIZE];
  int n;

  memcpy (tag, body + size, MC_TAG_SIZE);
  ERR_set_mark ();
  if (EVP_DecryptInit_ex2 (context, NULL, NULL, nonce, NULL) &&
      EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_SET_TAG, MC_TAG_SIZE, tag) &&
      EVP_DecryptUpdate (context, NULL, &n, datagram, header_size) &&
      EVP_DecryptUpdate (context, inner, &n, body, size) &&
      EVP_DecryptFinal_ex (context, inner + size, &n))
    {
      ERR_clear_last_mark ();
      return TRUE;
    }
  ERR_pop_to_mark ();
  memset (inner, 0, size);
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
  if (suite != MC_SUITE_NONE)
    self->context = make_context (suite, subkey);
}

void
mc_cipher_clear (McCipher *self)
{
  g_clear_pointer (&self->context, EVP_CIPHER_CTX_free);
}

void
mc_cipher_seal (const McCipher *self,
                gsize header_size,
                const guint8 *inner,
                gsize inner_size,
                guint8 *datagram)
{
  const guint8 *nonce = datagram + MC_NONCE_AT;
  guint8 *body = datagram + header_size;

  if (self->suite == MC_SUITE_NONE)
    memmove (body, inner, inner_size);
  else if (has_context_for (self, inner_size))
    context_seal (self, header_size, inner, inner_size, datagram);
  else if (self->suite == MC_SUITE_XCHACHA20)
    crypto_aead_chacha20poly1305_ietf_encrypt (body, NULL, inner, inner_size,
                                               datagram, header_size, NULL,
                                               nonce, self->subkey);
  else
    crypto_aead_aes256gcm_encrypt (body, NULL, inner, inner_size, datagram,
                                   header_size, NULL, nonce, self->subkey);
}

gboolean
mc_cipher_open (const McCipher *self,
                gsize header_size,
                const guint8 *datagram,
                gsize size,
                guint8 *inner)
{
  const guint8 *nonce = datagram + MC_NONCE_AT;
  const guint8 *body = datagram + header_size;
  gsize body_size = size - header_size;

  if (self->suite == MC_SUITE_NONE)
    {
      memmove (inner, body, body_size);
      return TRUE;
    }
  if (has_context_for (self, body_size - MC_TAG_SIZE))
    return context_open (self, header_size, datagram, body_size, inner);
  if (self->suite == MC_SUITE_XCHACHA20)
    return crypto_aead_chacha20poly1305_ietf_decrypt (inner, NULL, NULL, body,
                                                      body_size, datagram,
                                                      header_size, nonce,
                                                      self->subkey) == 0;
  return crypto_aead_aes256gcm_decrypt (inner, NULL, NULL, body, body_size,
                                        datagram, header_size, nonce,
                                        self->subkey) == 0;
}
