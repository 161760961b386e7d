/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-keeper.h"

G_BEGIN_DECLS

/* Takes @fd. When no session can be made, open says why. */
HeinStream *tls_stream_new (HeinTls *tls, int fd, gboolean is_dialled);
/* For GnuTLS: which key whoever dials says to have. */
int tls_stream_find_key (gnutls_session_t session,
                         const gnutls_datum_t *identity,
                         gnutls_datum_t *psk);
/* As in HeinTlsModule. */
void tls_stream_look (HeinTls *tls, GError **error);

G_END_DECLS
