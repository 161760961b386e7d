/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* What arrives about requests and deliveries. */

G_BEGIN_DECLS

/* Handles a message about a request or a delivery. Takes ownership of @message.
 * FALSE: nobody waits for it, or a filter has dropped it. */
gboolean
hein_ask_deliver (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* Delivers a HEIN_EVENT_ASK to the application. */
void hein_ask_tell (HeinCore *self, HeinMessage *message);

G_END_DECLS
