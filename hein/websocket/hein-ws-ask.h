/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-ws-head.h"
#include "hein-ws-options.h"

/* The side of a handshake that dials (RFC 6455, 4.1). */

G_BEGIN_DECLS

/* (transfer full) */
char *hein_ws_ask_make (const HeinWsOptions *options, const char *key);
/* Checks the answer; @body: what came behind it. Sets @subprotocol, (transfer
 * full), to what was chosen, if anything. Errors: `HEIN_ERROR_REFUSED` (another
 * status), `HEIN_ERROR_PROTOCOL`. */
gboolean hein_ws_ask_check (const HeinWsOptions *options,
                            const char *key,
                            const HeinWsHead *answer,
                            const guint8 *body,
                            gsize size,
                            char **subprotocol,
                            GError **error);

G_END_DECLS
