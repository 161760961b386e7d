/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-socket-options.h"

G_BEGIN_DECLS

/* Opens the socket of the group, and joins on all interfaces or none. */
gboolean mc_socket_join_first (McSocket *self, GError **error);

/* Joins again, on the current interfaces; joining twice is no error. */
gboolean mc_socket_join (McSocket *self, GError **error);

G_END_DECLS
