/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* Authorities that certificates are checked against. */

G_BEGIN_DECLS

/*
 * A file of authorities: certificates in PEM (RFC 7468), and perhaps lists of
 * what they have revoked (X509 CRL). It is no secret, but anybody who can write
 * to it can let in anybody.
 */
#define TLS_AUTHORITIES_FILE_MAX (4 * 1024 * 1024)

typedef struct _TlsAuthorities TlsAuthorities;

/* @path: nullable: those that the system trusts. */
TlsAuthorities *tls_authorities_new (const char *path, GError **error);
void tls_authorities_free (TlsAuthorities *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsAuthorities, tls_authorities_free)

/* The name of the file, without its last suffix. */
const char *tls_authorities_get_name (const TlsAuthorities *self);
/* (transfer full) (nullable): the name that @chain proves; NULL with @cause
 * (transfer full). @dials: it is the certificate of the dialler. */
char *tls_authorities_check (const TlsAuthorities *self,
                             const gnutls_datum_t *chain,
                             guint n,
                             gboolean dials,
                             char **cause);
/* Whether @chain proves that its owner is @host, a name or an address; FALSE
 * with @cause (transfer full). */
gboolean tls_authorities_check_host (const TlsAuthorities *self,
                                     const gnutls_datum_t *chain,
                                     guint n,
                                     const char *host,
                                     char **cause);

G_END_DECLS
