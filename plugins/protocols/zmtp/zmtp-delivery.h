/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

/* Deliveries of messages that say nothing else of themselves. */

G_BEGIN_DECLS

/* Writes what zmtp_message_encode would of a message that has these
 * attributes. */
void zmtp_delivery_encode (HeinWire *wire,
                           HeinMessage *message,
                           guint64 number,
                           guint32 left_ms);
/* Delivers those that @data begins with and that are all there. Returns how
 * many bytes were used. */
gsize zmtp_delivery_consume (HeinZmtp *self,
                             HeinWire *wire,
                             const guint8 *data,
                             gsize size);

G_END_DECLS
