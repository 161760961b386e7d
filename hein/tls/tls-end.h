/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-stream-state.h"

/* How an encrypted stream ends. */

G_BEGIN_DECLS

/* Ends the session with an error of GnuTLS, and sends an alert to the peer, if
 * it can still receive one. */
void tls_end_fail (TlsStream *self, int code);
/* Says why the session has ended. */
void tls_end_set_error (TlsStream *self, GError **error);
/* Tells the peer that nothing more comes, once. */
void tls_end_tell (TlsStream *self);

G_END_DECLS
