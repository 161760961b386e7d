/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/gnutls.h>

#include "io/hein-tls-module.h"
#include "tls-certificates.h"
#include "tls-keys.h"
#include "tls-watch.h"

G_BEGIN_DECLS

/*
 * The keys of an endpoint, from which GnuTLS sessions are made. Each stream of
 * the endpoint holds a reference.
 */
struct _HeinTls
{
  guint refs;                 /* owner's thread only */
  HeinTlsOptions options;     /* texts owned */
  gnutls_priority_t priority; /* of the process */
  TlsWatch watch;
  GQueue streams; /* borrowed: the streams that hold it, oldest keys first */

  TlsCertificates *certificates; /* owned; NULL: the members below are used */

  TlsKeys *keys;                          /* owned */
  TlsKey *own;                            /* borrowed from keys: to dial with */
  gnutls_psk_server_credentials_t server; /* NULL: the endpoint dials */
  gnutls_psk_client_credentials_t client; /* NULL: the endpoint listens */
  GPtrArray *former; /* old client credentials that sessions may still use */
};

HeinTls *tls_keeper_new (const HeinTlsOptions *options,
                         gnutls_psk_server_credentials_function2 *find,
                         GError **error);
HeinTls *tls_keeper_ref (HeinTls *self);
void tls_keeper_unref (HeinTls *self);
/* Reads the files again if one has changed and all then stayed the same for one
 * look. Returns TRUE when the keys have changed; FALSE when they are the same,
 * or, with @error, when the old ones remain in use. */
gboolean tls_keeper_look (HeinTls *self, GError **error);
/* Returns 0, or an error code of GnuTLS. @host: what was dialled. */
int tls_keeper_make_session (HeinTls *self,
                             const char *host,
                             gnutls_session_t *session);

G_END_DECLS
