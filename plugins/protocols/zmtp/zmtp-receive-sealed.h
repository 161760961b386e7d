/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

G_BEGIN_DECLS

/* As zmtp_receive, for frames within MESSAGEs of CURVE. */
gssize zmtp_receive_sealed (HeinZmtp *self,
                            HeinWire *wire,
                            const guint8 *data,
                            gsize size,
                            GError **error);

G_END_DECLS
