/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-socket-options.h"

G_BEGIN_DECLS

/* Opening sockets and setting their options; for the files of a socket. */

/* Says what errno says. FALSE */
gboolean mc_socket_fail (const char *what, GError **error);

/* Anew, in place of the one that there may be. FALSE: that one stays. */
gboolean mc_socket_open_group (McSocket *self, GError **error);
/* By which interface, how far, and whether it comes back. */
gboolean mc_socket_prepare_to_send (McSocket *self, GError **error);

/* Both: opens the socket of this process, which sends. */
gboolean mc_socket_open_own (McSocket *self, GError **error);

G_END_DECLS
