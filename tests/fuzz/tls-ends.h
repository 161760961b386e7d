/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../hein/io/hein-tls-module.h"

/* Two ends of encrypted streams that have a key in common, and what is between them:
 * for the targets of TLS. */

G_BEGIN_DECLS

typedef struct
{
  HeinStream *stream;
  int wire; /* what it says comes out here */
  guint8 n_written;
  guint8 n_read;
  gboolean is_over; /* it has failed, or heard an end */
  GError *error;    /* owned, nullable: the first that it had */
} TlsEnd;

void tls_ends_init (TlsEnd *self, gboolean dials);
void tls_ends_clear (TlsEnd *self);
/* Takes an error: it is over; NULL: it is not. */
void tls_ends_note (TlsEnd *self, GError *error);
/* Goes on with the handshake. */
void tls_ends_greet (TlsEnd *self);
/* At most @size bytes, the first of them changed by @mask. FALSE: there are none. */
gboolean tls_ends_carry (TlsEnd *from, TlsEnd *to, gsize size, guint8 mask);
/* Until both are open. */
void tls_ends_meet (TlsEnd *a, TlsEnd *b);

G_END_DECLS
