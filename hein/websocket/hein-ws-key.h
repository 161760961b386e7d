/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The key of a handshake of WebSocket, and the answer to it (RFC 6455, 1.3). */

G_BEGIN_DECLS

/* (transfer full) */
char *hein_ws_key_make (void);
gboolean hein_ws_key_is_valid (const char *key);
/* (transfer full) */
char *hein_ws_key_dup_answer (const char *key);

G_END_DECLS
