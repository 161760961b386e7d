/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-crypter.h"

#include <string.h>

#include <nettle/aes.h>
#include <nettle/cbc.h>

#include "multisock-base64.h"

/*
 * The two dialects of multisock's encryption. AES is nettle's; padding and
 * letters are done here, since they are not what any standard says.
 */

/* What a str of Python 2 strips, and what else is blank for Python 3. */
#define BLANKS      " \t\n\v\f\r"
#define MORE_BLANKS "\x1c\x1d\x1e\x1f"

struct _MultisockCrypter
{
  gboolean is_d;
  guint8 pad; /* D */
  guint8 key[MULTISOCK_KEY_SIZE];
  guint8 iv[MULTISOCK_BLOCK_SIZE];
  struct aes256_ctx encrypt;
  struct aes256_ctx decrypt;
};

/* ---- keys ---- */

/* The text is a secret; the error is not. */
static gboolean
refuse (GError **error, const char *name, const char *why)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, "%s: %s", name, why);
  return FALSE;
}

static gboolean
check_blank (const char *text, const char *name, GError **error)
{
  return (text != NULL && text[strspn (text, BLANKS MORE_BLANKS)] != '\0') ||
         refuse (error, name, "blank");
}

/* Pads as the library does, which counts characters and then encrypts bytes. */
static gboolean
pad_text (
  const char *text, const char *name, guint8 *to, gsize to_size, GError **error)
{
  const gsize size = strlen (text);

  if (!g_str_is_ascii (text))
    return refuse (error, name,
                   "characters that are not ASCII, with which multisock fails");
  memset (to, (int) (to_size - size), to_size);
  memcpy (to, text, size);
  return TRUE;
}

static gboolean
derive_k (MultisockCrypter *self,
          const char *key,
          const char *iv,
          GError **error)
{
  if (!check_blank (key, "key", error) || !check_blank (iv, "iv", error))
    return FALSE;
  if (strlen (key) > MULTISOCK_KEY_SIZE)
    return refuse (error, "key", "more than 32 bytes");
  if (strlen (iv) >= MULTISOCK_BLOCK_SIZE)
    return refuse (error, "iv",
                   "more than 15 bytes, with which multisock fails");
  return pad_text (key, "key", self->key, sizeof self->key, error) &&
         pad_text (iv, "iv", self->iv, sizeof self->iv, error);
}

static void
hash (const char *text, guint8 *digest)
{
  const char *begin = text + strspn (text, BLANKS);
  gsize size = strlen (begin);
  gsize digest_size = MULTISOCK_KEY_SIZE;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  while (size > 0 && strchr (BLANKS, begin[size - 1]) != NULL)
    size--;
  g_checksum_update (checksum, (const guchar *) begin, (gssize) size);
  g_checksum_get_digest (checksum, digest, &digest_size);
}

static gboolean
derive_d (MultisockCrypter *self,
          const char *key,
          const char *passphrase,
          GError **error)
{
  guint8 digest[MULTISOCK_KEY_SIZE];

  if (!check_blank (key, "key", error) ||
      !check_blank (passphrase, "passphrase", error))
    return FALSE;
  hash (key, self->key);
  hash (passphrase, digest);
  memcpy (self->iv, digest, sizeof self->iv);
  return TRUE;
}

static MultisockCrypter *
schedule (MultisockCrypter *self)
{
  aes256_set_encrypt_key (&self->encrypt, self->key);
  aes256_invert_key (&self->decrypt, &self->encrypt);
  return self;
}

MultisockCrypter *
multisock_crypter_new_k (const char *key, const char *iv, GError **error)
{
  g_autoptr (MultisockCrypter) self = g_new0 (MultisockCrypter, 1);

  return derive_k (self, key, iv, error) ? schedule (g_steal_pointer (&self))
                                         : NULL;
}

MultisockCrypter *
multisock_crypter_new_d (const char *key,
                         const char *passphrase,
                         guint8 pad,
                         GError **error)
{
  g_autoptr (MultisockCrypter) self = g_new0 (MultisockCrypter, 1);

  self->is_d = TRUE;
  self->pad = pad;
  return derive_d (self, key, passphrase, error)
           ? schedule (g_steal_pointer (&self))
           : NULL;
}

void
multisock_crypter_free (MultisockCrypter *self)
{
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

const guint8 *
multisock_crypter_get_key (const MultisockCrypter *self)
{
  return self->key;
}

const guint8 *
multisock_crypter_get_iv (const MultisockCrypter *self)
{
  return self->iv;
}

/* ---- encrypting ---- */

gboolean
multisock_crypter_needs_letters (const MultisockCrypter *self,
                                 const guint8 *data,
                                 gsize size)
{
  return !self->is_d && !multisock_is_utf8 (data, size);
}

static gsize
count_blocks (gsize size, gboolean has_letters)
{
  return size / MULTISOCK_BLOCK_SIZE + 1 + (has_letters ? 1 : 0);
}

gsize
multisock_crypter_get_size (const MultisockCrypter *self,
                            gsize size,
                            gboolean has_letters)
{
  const gsize raw =
    count_blocks (size, has_letters && !self->is_d) * MULTISOCK_BLOCK_SIZE;

  if (self->is_d)
    return raw;
  return (raw + 2) / 3 * 4 + (raw + 56) / 57;
}

static guint8 *
put_letters (guint8 *to, const guint8 *random)
{
  for (guint i = 0; i < MULTISOCK_BLOCK_SIZE; i++)
    *to++ = 'a' + random[i] % 26;
  return to;
}

GBytes *
multisock_crypter_encrypt (const MultisockCrypter *self,
                           const guint8 *data,
                           gsize size,
                           const guint8 *random)
{
  const gboolean has_letters = random != NULL && !self->is_d;
  const gsize total = count_blocks (size, has_letters) * MULTISOCK_BLOCK_SIZE;
  const guint8 n_pads = MULTISOCK_BLOCK_SIZE - size % MULTISOCK_BLOCK_SIZE;
  g_autofree guint8 *block = g_malloc (total);
  guint8 iv[MULTISOCK_BLOCK_SIZE];
  guint8 *to = has_letters ? put_letters (block, random) : block;
  GString *text;

  if (size > 0)
    memcpy (to, data, size);
  memset (to + size, self->is_d ? self->pad : n_pads, n_pads);
  memcpy (iv, self->iv, sizeof iv);
  cbc_encrypt (&self->encrypt, (nettle_cipher_func *) aes256_encrypt,
               MULTISOCK_BLOCK_SIZE, iv, total, block, block);
  if (self->is_d)
    return g_bytes_new_take (g_steal_pointer (&block), total);
  text = g_string_sized_new (
    multisock_crypter_get_size (self, size, has_letters) + 1);
  multisock_base64_append (text, block, total, TRUE);
  return g_string_free_to_bytes (text);
}

/* ---- decrypting ---- */

static gboolean
fail (GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                       "a datagram that cannot be decrypted: damaged, or of "
                       "another key");
  return FALSE;
}

static GBytes *
decrypt_blocks (const MultisockCrypter *self,
                const guint8 *data,
                gsize size,
                GError **error)
{
  guint8 iv[MULTISOCK_BLOCK_SIZE];
  guint8 *plain;

  if (size == 0 || size % MULTISOCK_BLOCK_SIZE != 0)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "a datagram that cannot be decrypted: %" G_GSIZE_FORMAT
                   " bytes are not whole blocks of 16",
                   size);
      return NULL;
    }
  plain = g_malloc (size);
  memcpy (iv, self->iv, sizeof iv);
  cbc_decrypt (&self->decrypt, (nettle_cipher_func *) aes256_decrypt,
               MULTISOCK_BLOCK_SIZE, iv, size, plain, data);
  return g_bytes_new_take (plain, size);
}

/* Returns 0 when it is not padding. Looks at the whole block, whatever it
 * holds, so that the time it takes reveals nothing. */
static guint
measure_padding (const guint8 *block)
{
  const guint n = block[MULTISOCK_BLOCK_SIZE - 1];
  guint wrong = n > MULTISOCK_BLOCK_SIZE;

  for (guint i = 0; i < MULTISOCK_BLOCK_SIZE; i++)
    wrong |= (MULTISOCK_BLOCK_SIZE - i <= n) & (block[i] != n);
  return n & (wrong - 1);
}

static gboolean
has_letters_in_front (const guint8 *data, gsize size)
{
  for (guint i = 0; i < MULTISOCK_BLOCK_SIZE; i++)
    if (i >= size || !g_ascii_islower (data[i]))
      return FALSE;
  return TRUE;
}

static GBytes *
open_k (GBytes *plain, MultisockFront *front, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (plain, &size);
  const guint n_pads = measure_padding (data + size - MULTISOCK_BLOCK_SIZE);
  gsize skipped = 0;

  if (n_pads == 0)
    {
      fail (error);
      return NULL;
    }
  size -= n_pads;
  *front = MULTISOCK_FRONT_NONE;
  if (!multisock_is_utf8 (data, size))
    *front = has_letters_in_front (data, size) ? MULTISOCK_FRONT_LETTERS
                                               : MULTISOCK_FRONT_BYTES;
  if (*front == MULTISOCK_FRONT_LETTERS)
    skipped = MULTISOCK_BLOCK_SIZE;
  return g_bytes_new_from_bytes (plain, skipped, size - skipped);
}

/* Any control character pads, since nobody knows which one peers have. All of
 * the run goes, as in the library, which cuts where the first one is. */
static GBytes *
open_d (const MultisockCrypter *self, GBytes *plain, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (plain, &size);
  const guint8 pad = data[size - 1];

  if (pad != self->pad && !g_ascii_iscntrl (pad))
    {
      fail (error);
      return NULL;
    }
  while (size > 0 && data[size - 1] == pad)
    size--;
  return g_bytes_new_from_bytes (plain, 0, size);
}

GBytes *
multisock_crypter_decrypt (const MultisockCrypter *self,
                           const guint8 *data,
                           gsize size,
                           MultisockFront *front,
                           GError **error)
{
  g_autoptr (GByteArray) raw = NULL;
  g_autoptr (GBytes) plain = NULL;

  *front = MULTISOCK_FRONT_NONE;
  if (!self->is_d)
    {
      raw = multisock_base64_decode (data, size, error);
      if (raw == NULL)
        return NULL;
      data = raw->data;
      size = raw->len;
    }
  plain = decrypt_blocks (self, data, size, error);
  if (plain == NULL)
    return NULL;
  return self->is_d ? open_d (self, plain, error)
                    : open_k (plain, front, error);
}
