/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "io/hein-tls-module.h"
#include "tls-peers.h"

G_BEGIN_DECLS

/*
 * What an endpoint proves itself with, and who it believes: an identity (a
 * private key and its certificate), and either a file of peers, whose keys it
 * knows, or one of authorities, whose certificates it believes. Where hosts
 * prove themselves by their names, the identity may be absent. It never
 * changes: when files have, there is another one, and streams hold the one that
 * they began with.
 */
typedef struct _TlsCertificates TlsCertificates;

/* Errors: `HEIN_ERROR_INSECURE` (others may read or write a file, or the
 * identity is not that of this bus), `HEIN_ERROR_FAILED`, or of
 * #GIOErrorEnum. */
TlsCertificates *tls_certificates_new (const HeinTlsOptions *options,
                                       GError **error);
TlsCertificates *tls_certificates_ref (TlsCertificates *self);
void tls_certificates_unref (TlsCertificates *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsCertificates, tls_certificates_unref)

/* 0, or a code of GnuTLS: @session shows the identity, and wants to see one. */
int tls_certificates_equip (TlsCertificates *self, gnutls_session_t session);
/* Whether hosts prove their names, and not buses theirs. */
gboolean tls_certificates_are_of_hosts (const TlsCertificates *self);
/* (transfer full) (nullable): the name of the peer, by the certificate in
 * @session; NULL with @cause (transfer full), which says why there is none.
 * @host: what was dialled. */
char *tls_certificates_check (const TlsCertificates *self,
                              gnutls_session_t session,
                              const char *host,
                              char **cause);
/* (transfer full): what proves that it is @name, for #HeinPeer:security. */
char *tls_certificates_dup_security (const TlsCertificates *self,
                                     const char *name);
/* (transfer full): the line that the other side's file of peers needs; with an
 * authority, what may be wrong with the certificate. */
char *tls_certificates_dup_advice (const TlsCertificates *self,
                                   const char *bus_name);

G_END_DECLS
