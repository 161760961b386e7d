/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A key that two or more buses share. */

G_BEGIN_DECLS

/*
 * From the 32 bytes of the key file, HKDF with SHA-256 (RFC 5869; salt "hein
 * tls 1") derives
 *
 *   - the id of the key: 4 bytes for the info "id", which reveal nothing of the
 *     key;
 *   - for each identity (tls-identity.h) the pre-shared key of TLS 1.3: 32
 *     bytes for the info "psk" followed by the identity.
 *
 * So no two buses use the same pre-shared key, even with the same file, and
 * none of these keys is one that udp-multicast derives from it.
 */
#define TLS_KEY_SIZE 32
#define TLS_PSK_SIZE 32

typedef struct
{
  guint refs;         /* owner's thread only */
  guint8 extract[32]; /* of HKDF: what everything else is derived from */
  guint32 id;
  char *name; /* owned: the name of its file, or of its line */
} TlsKey;

/* Makes a key of a copy of TLS_KEY_SIZE bytes. */
TlsKey *tls_key_new (const char *name, const guint8 *bytes);
TlsKey *tls_key_ref (TlsKey *self);
/* Drops a reference; the last one overwrites the key. */
void tls_key_unref (TlsKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsKey, tls_key_unref)

/* Derives a pre-shared key. @psk: TLS_PSK_SIZE bytes. */
void tls_key_derive (const TlsKey *self,
                     const guint8 *identity,
                     gsize size,
                     guint8 *psk);
gboolean tls_key_is_same (const TlsKey *self, const TlsKey *other);

G_END_DECLS
