/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-stream-state.h"

/* The handshake of an encrypted stream. */

G_BEGIN_DECLS

/* Functions that GnuTLS calls: find the key for the identity that a dialler
 * claims, and look at what the other side has shown. */
int tls_shake_find_key (gnutls_session_t session,
                        const gnutls_datum_t *identity,
                        gnutls_datum_t *psk);
int tls_shake_look (gnutls_session_t session);
/* The slot `open` of a HeinStream. */
gboolean tls_shake_open (HeinStream *stream, GError **error);

G_END_DECLS
