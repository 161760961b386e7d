/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-nkey.h"

#include <gmodule.h>
#include <sodium.h>

/* Signatures of Ed25519, by libsodium. */

static void
sign (const guint8 *seed,
      const char *data,
      gsize size,
      guint8 *public_key,
      guint8 signature[NATS_SIGNATURE_SIZE])
{
  guint8 secret_key[crypto_sign_SECRETKEYBYTES];

  g_assert (sodium_init () >= 0);
  crypto_sign_seed_keypair (public_key, secret_key, seed);
  crypto_sign_detached (signature, NULL, (const guint8 *) data, size,
                        secret_key);
  sodium_memzero (secret_key, sizeof secret_key);
}

G_MODULE_EXPORT extern const NatsNkeyModule hein_nkey_module;

const NatsNkeyModule hein_nkey_module = {
  .abi = NATS_NKEY_MODULE_ABI,
  .size = sizeof (NatsNkeyModule),
  .sign = sign,
};
