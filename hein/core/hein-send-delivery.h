/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* Sending a message that is delivered, without a copy of it. */

G_BEGIN_DECLS

/* Sends @message to @peer as delivery @number, whose sender waits for @left_ms
 * (0: for ever). FALSE: this is not one of the common cases, and nothing was
 * done: a copy that has the number and the time is to be sent. On the owner's
 * thread. */
gboolean hein_send_delivery (HeinCore *self,
                             HeinPeer *peer,
                             HeinMessage *message,
                             guint64 number,
                             guint32 left_ms);

G_END_DECLS
