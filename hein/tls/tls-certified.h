/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-certificates.h"

G_BEGIN_DECLS

/*
 * What a stream knows about the certificate of the other side. It lets the
 * protocol begin when both sides are content: with TLS 1.3 the dialler is done
 * before the listener has checked its certificate (RFC 8446, 4.4.2), and would
 * have a peer for a moment. So the listener sends an empty record when it is
 * content, and the dialler waits for that, or for a ticket or data. A host that
 * is no bus says nothing of the kind.
 */
typedef struct
{
  TlsCertificates *begun_with; /* owned: the session may use them */
  char *host;                  /* owned: what was dialled */
  char *name;                  /* owned; NULL: nobody is known yet */
  char *security;              /* owned; with the name */
  gboolean waits; /* the handshake is done, and nothing was received since */
  gboolean has_early;
  guint8 early; /* the byte of the protocol that was received */
} TlsCertified;

TlsCertified *tls_certified_new (TlsCertificates *certificates,
                                 const char *host);
void tls_certified_free (TlsCertified *self);

/* Looks at the certificate that @session was shown. FALSE: it is nobody's, and
 * @cause (transfer full) says why. */
gboolean tls_certified_check (TlsCertified *self,
                              const TlsCertificates *now,
                              gnutls_session_t session,
                              char **cause);
/* Whether the peer would not be admitted any more. */
gboolean tls_certified_is_revoked (const TlsCertified *self,
                                   const TlsCertificates *now,
                                   gnutls_session_t session);

/* Both begin when the handshake is done. The listener tells that it is
 * content. */
int tls_certified_tell (TlsCertified *self, gnutls_session_t session);
/* The dialler: returns 0 when it was told, GNUTLS_E_AGAIN, or the error that
 * ended it. @is_dry: there is nothing left to read. */
int tls_certified_hear (TlsCertified *self,
                        gnutls_session_t session,
                        gboolean (*is_dry) (gpointer data),
                        gpointer data);

G_END_DECLS
