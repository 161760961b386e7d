/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-stream-state.h"

/* Carries encrypted bytes between GnuTLS and the socket. */

G_BEGIN_DECLS

/* Functions that GnuTLS calls, with a TlsStream. */
gssize tls_carry_pull (gnutls_transport_ptr_t data, void *to, size_t size);
gssize
tls_carry_push (gnutls_transport_ptr_t data, const giovec_t *vectors, int n);
/* Returns whether the first byte that arrived is one of TLS. */
gboolean tls_carry_is_tls (TlsStream *self);
/* Sends what the socket takes. FALSE with @error when the socket is broken. */
gboolean tls_carry_flush (TlsStream *self, GError **error);
/* To be called before a call ends. */
void tls_carry_leave (TlsStream *self);
/* Returns whether bytes have arrived that the socket does not have any more. */
gboolean tls_carry_has_pending (TlsStream *self);
/* Whether an unfinished handshake has received more than any one takes: then
 * nothing more is received. */
gboolean tls_carry_has_heard_enough (TlsStream *self);

G_END_DECLS
