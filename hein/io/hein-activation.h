/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Listening sockets that a service manager made for this process. */

G_BEGIN_DECLS

/* The socket of that address; NULL without @error: none was handed over.
 * @host: empty, `localhost`, `*` or numeric; @port: -1: there is none, and
 * @path counts, with @ at its beginning for an abstract name. From any thread.
 * (transfer full) */
GSocket *hein_activation_take (const char *host,
                               int port,
                               const char *path,
                               GError **error);
/* Which addresses were handed over, in words; NULL: none. (transfer full) */
char *hein_activation_list (void);

G_END_DECLS
