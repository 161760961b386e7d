/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-key.h"

#include <string.h>

#include <hein/hein.h>
#include <sodium.h>

/* A key in locked memory, and how one is made of a passphrase. */

struct _McKey
{
  guint8 bytes[MC_KEY_SIZE];
  guint32 id;
  gatomicrefcount refs;
};

typedef struct
{
  guint64 passes;
  guint64 memory; /* bytes */
} McWork;

static const McWork works[] = {
  [MC_LEVEL_INTERACTIVE] = { 2, 64 << 20 },
  [MC_LEVEL_MODERATE] = { 3, 256 << 20 },
  [MC_LEVEL_SENSITIVE] = { 4, G_GUINT64_CONSTANT (1) << 30 },
};

/* BLAKE2b has no output under 16 bytes in libsodium; one of 32 is cut. */
static guint32
make_id (const guint8 *bytes)
{
  static const guint8 text[] = "hein kid";
  guint8 hash[32];
  guint32 id;

  crypto_generichash (hash, sizeof hash, text, sizeof text - 1, bytes,
                      MC_KEY_SIZE);
  memcpy (&id, hash, sizeof id);
  return GUINT32_FROM_BE (id);
}

/* sodium_malloc() has locked pages of its own, which no other unlocking of a
 * neighbour can undo. */
McKey *
mc_key_new (const guint8 *bytes)
{
  McKey *self;

  g_assert (sodium_init () >= 0);
  self = sodium_malloc (sizeof *self);
  if (self == NULL)
    g_error ("no memory for a key");
  memcpy (self->bytes, bytes, MC_KEY_SIZE);
  self->id = make_id (bytes);
  g_atomic_ref_count_init (&self->refs);
  return self;
}

McKey *
mc_key_ref (McKey *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mc_key_unref (McKey *self)
{
  if (g_atomic_ref_count_dec (&self->refs))
    sodium_free (self);
}

guint32
mc_key_get_id (const McKey *self)
{
  return self->id;
}

const guint8 *
mc_key_get_bytes (const McKey *self)
{
  return self->bytes;
}

static void
hash_u64 (crypto_generichash_state *hash, guint64 value)
{
  guint64 bytes = GUINT64_TO_BE (value);

  crypto_generichash_update (hash, (guint8 *) &bytes, sizeof bytes);
}

static void
hash_address (crypto_generichash_state *hash, GInetSocketAddress *address)
{
  GInetAddress *inet = g_inet_socket_address_get_address (address);
  guint16 port = GUINT16_TO_BE (g_inet_socket_address_get_port (address));

  crypto_generichash_update (hash, g_inet_address_to_bytes (inet),
                             g_inet_address_get_native_size (inet));
  crypto_generichash_update (hash, (guint8 *) &port, sizeof port);
}

void
mc_key_make_salt (const char *group_name,
                  GInetSocketAddress *address,
                  McLevel level,
                  guint8 *salt)
{
  static const char label[] = "hein-mc-salt-v1";
  crypto_generichash_state hash;

  g_assert (sodium_init () >= 0);
  crypto_generichash_init (&hash, NULL, 0, MC_SALT_SIZE);
  crypto_generichash_update (&hash, (const guint8 *) label, strlen (label));
  crypto_generichash_update (&hash, (const guint8 *) group_name,
                             strlen (group_name) + 1);
  hash_address (&hash, address);
  hash_u64 (&hash, works[level].passes);
  hash_u64 (&hash, works[level].memory);
  crypto_generichash_final (&hash, salt, MC_SALT_SIZE);
}

static gboolean
check_passphrase (const char *passphrase, GError **error)
{
  if (!g_utf8_validate (passphrase, -1, NULL))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the passphrase is not UTF-8");
  else if (strlen (passphrase) > MC_PASSPHRASE_MAX)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the passphrase is longer than %d bytes", MC_PASSPHRASE_MAX);
  else if (g_utf8_strlen (passphrase, -1) < MC_PASSPHRASE_MIN)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "a passphrase of %ld characters is soon guessed, at least %d "
                 "are needed; better is a file of a random key",
                 g_utf8_strlen (passphrase, -1), MC_PASSPHRASE_MIN);
  else
    return TRUE;
  return FALSE;
}

static McKey *
derive (const char *text, const guint8 *salt, McLevel level, GError **error)
{
  const McWork *work = &works[level];
  guint8 bytes[MC_KEY_SIZE];
  McKey *self = NULL;

  if (crypto_pwhash (bytes, sizeof bytes, text, strlen (text), salt,
                     work->passes, work->memory,
                     crypto_pwhash_ALG_ARGON2ID13) == 0)
    self = mc_key_new (bytes);
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "no key from the passphrase: %" G_GUINT64_FORMAT
                 " MiB of memory are needed; use a file of a key, or the same "
                 "lower level in the whole group",
                 work->memory >> 20);
  sodium_memzero (bytes, sizeof bytes);
  return self;
}

McKey *
mc_key_derive (const char *passphrase,
               const guint8 *salt,
               McLevel level,
               GError **error)
{
  char *normal;
  McKey *self;

  g_assert (sodium_init () >= 0);
  if (!check_passphrase (passphrase, error))
    return NULL;
  normal = g_utf8_normalize (passphrase, -1, G_NORMALIZE_NFC);
  self = derive (normal, salt, level, error);
  sodium_memzero (normal, strlen (normal));
  g_free (normal);
  return self;
}
