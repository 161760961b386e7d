/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-ws-head.h"
#include "hein-ws-options.h"

/* The side of a handshake that listens (RFC 6455, 4.2). */

G_BEGIN_DECLS

/* Checks the request. Returns what to answer, (transfer full): that this is a
 * WebSocket from here on, with @subprotocol set, (transfer full), to what was
 * chosen, if anything; or with @error, why it is none. */
char *hein_ws_answer_make (const HeinWsOptions *options,
                           const HeinWsHead *request,
                           char **subprotocol,
                           GError **error);
/* The same for what is no request, with the reason in @error. */
char *hein_ws_answer_refuse (const GError *error);

G_END_DECLS
