/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * One key that two sides share, and what is made of it. From the 32 bytes of
 * its file come, by HKDF with SHA-256 (RFC 5869; salt "hein tls 1"),
 *
 *   - its id: 4 bytes for the info "id", which tell nothing of it;
 *   - for each identity (tls-identity.h) the pre-shared key of TLS 1.3: 32
 *     bytes for the info "psk" and the identity behind it.
 *
 * So no two buses use the same pre-shared key, though they have the same file,
 * and none of these is one that udp-multicast makes of it.
 */
#define TLS_KEY_SIZE 32
#define TLS_PSK_SIZE 32

typedef struct
{
  guint refs;         /* owner context */
  guint8 extract[32]; /* of HKDF: what the others are made of */
  guint32 id;
  char *name; /* owned: of its file, or its line */
} TlsKey;

/* Copies TLS_KEY_SIZE bytes. */
TlsKey *tls_key_new (const char *name, const guint8 *bytes);
TlsKey *tls_key_ref (TlsKey *self);
/* The last one overwrites it. */
void tls_key_unref (TlsKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsKey, tls_key_unref)

/* @psk: TLS_PSK_SIZE bytes. */
void tls_key_derive (const TlsKey *self,
                     const guint8 *identity,
                     gsize size,
                     guint8 *psk);
gboolean tls_key_is_same (const TlsKey *self, const TlsKey *other);

G_END_DECLS
