/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-key.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* Derives the pre-shared keys of TLS from a key. */

#define SALT "hein tls 1"

static void
expand (const TlsKey *self, const char *info, gsize n, guint8 *to, gsize size)
{
  const gnutls_datum_t key = { (guint8 *) self->extract, sizeof self->extract };
  const gnutls_datum_t text = { (guint8 *) info, n };

  g_assert (gnutls_hkdf_expand (GNUTLS_MAC_SHA256, &key, &text, to, size) == 0);
}

TlsKey *
tls_key_new (const char *name, const guint8 *bytes)
{
  const gnutls_datum_t secret = { (guint8 *) bytes, TLS_KEY_SIZE };
  const gnutls_datum_t salt = { (guint8 *) SALT, strlen (SALT) };
  TlsKey *self = g_new0 (TlsKey, 1);

  self->refs = 1;
  self->name = g_strdup (name);
  g_assert (gnutls_hkdf_extract (GNUTLS_MAC_SHA256, &secret, &salt,
                                 self->extract) == 0);
  expand (self, "id", 2, (guint8 *) &self->id, sizeof self->id);
  self->id = GUINT32_FROM_BE (self->id);
  return self;
}

TlsKey *
tls_key_ref (TlsKey *self)
{
  self->refs++;
  return self;
}

void
tls_key_unref (TlsKey *self)
{
  if (--self->refs > 0)
    return;
  g_free (self->name);
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

void
tls_key_derive (const TlsKey *self,
                const guint8 *identity,
                gsize size,
                guint8 *psk)
{
  g_autofree char *info = g_malloc (3 + size);

  memcpy (info, "psk", 3);
  memcpy (info + 3, identity, size);
  expand (self, info, 3 + size, psk, TLS_PSK_SIZE);
}

gboolean
tls_key_is_same (const TlsKey *self, const TlsKey *other)
{
  return gnutls_memcmp (self->extract, other->extract, sizeof self->extract) ==
           0 &&
         strcmp (self->name, other->name) == 0;
}
