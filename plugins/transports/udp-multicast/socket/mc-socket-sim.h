/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-address.h"
#include "mc-socket-options.h"

G_BEGIN_DECLS

/* The two sockets in a simulated network: they have no descriptors. */

/* FALSE: it is in the real world, and nothing was done. */
gboolean mc_socket_open_simulated (McSocket *self);
void mc_socket_close_simulated (McSocket *self);
gboolean mc_socket_is_simulated (McSocket *self);
/* As sendmmsg() does for the runs from @begin on: all of them. */
int mc_socket_send_simulated (McSocket *self, guint begin);
/* Takes what has arrived, for all or for this process alone, into the memory for
 * reading. FALSE: there is nothing. */
gboolean mc_socket_take_simulated (McSocket *self,
                                   gboolean is_own,
                                   McAddress *from,
                                   gsize *size);

G_END_DECLS
