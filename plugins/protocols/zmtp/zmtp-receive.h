/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

G_BEGIN_DECLS

gssize zmtp_receive (HeinZmtp *self,
                     HeinWire *wire,
                     const guint8 *data,
                     gsize size,
                     GError **error);

G_END_DECLS
