/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-state.h"

G_BEGIN_DECLS

/* Reads what the server says; returns how many bytes were used, -1 with @error. */
gssize nats_receive (HeinNats *self,
                     HeinWire *wire,
                     const guint8 *data,
                     gsize size,
                     GError **error);

G_END_DECLS
