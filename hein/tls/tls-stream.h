/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-keeper.h"

/* Streams that are encrypted by TLS. */

G_BEGIN_DECLS

/* Takes ownership of @carrier. If no session can be made, `open` returns the
 * error. @host: what was dialled. */
HeinStream *tls_stream_new (HeinTls *tls,
                            HeinStream *carrier,
                            gboolean is_dialled,
                            const char *host);

G_END_DECLS
