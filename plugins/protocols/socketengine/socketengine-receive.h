/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "socketengine-state.h"

G_BEGIN_DECLS

/* @data: a line without its end, once the peer is up. FALSE with @error: the
 * connection is over. */
gboolean socketengine_take_line (HeinSocketengine *self,
                                 HeinWire *wire,
                                 const char *data,
                                 gsize size,
                                 GError **error);

G_END_DECLS
