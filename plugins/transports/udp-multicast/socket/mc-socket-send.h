/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-address.h"
#include "mc-socket-options.h"

G_BEGIN_DECLS

/* Room for a datagram of @size bytes to @to, or to the group (NULL): it is
 * written there and then counted by mc_socket_commit(). */
guint8 *mc_socket_reserve (McSocket *self, gsize size);
void mc_socket_commit (McSocket *self, const McAddress *to, gsize size);
/* Both, for a datagram that lies elsewhere. */
void mc_socket_put (McSocket *self,
                    const McAddress *to,
                    const guint8 *datagram,
                    gsize size);
gsize mc_socket_get_queued (McSocket *self);
/* FALSE: the kernel takes no more now. @error: some are gone, and why; the
 * others are not held up by them. */
gboolean mc_socket_flush (McSocket *self, GError **error);
/* When it may be tried again; 0: when the sending one is writable. */
gint64 mc_socket_get_retry_us (McSocket *self);

G_END_DECLS
