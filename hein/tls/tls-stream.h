/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-keeper.h"

/* Streams that are encrypted by TLS. */

G_BEGIN_DECLS

/* Takes ownership of @fd. If no session can be made, `open` returns the
 * error. */
HeinStream *tls_stream_new (HeinTls *tls, int fd, gboolean is_dialled);
/* For GnuTLS: finds the key for the identity that a dialler claims. */
int tls_stream_find_key (gnutls_session_t session,
                         const gnutls_datum_t *identity,
                         gnutls_datum_t *psk);
/* For tests: sets the age in µs at which a session gets new keys, and returns
 * how many sessions have got them. Call it before there are any. */
int tls_stream_set_renewal (gint64 after_us);
/* See HeinTlsModule. */
void tls_stream_look (HeinTls *tls, GError **error);

G_END_DECLS
