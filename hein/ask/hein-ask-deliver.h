/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

G_BEGIN_DECLS

/* What belongs to a request, as it came. Takes @message. FALSE: nobody waits for it,
 * or filters have dropped it. */
gboolean
hein_ask_deliver (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* HEIN_EVENT_ASK, in its turn. */
void hein_ask_tell (HeinCore *self, HeinMessage *message);

G_END_DECLS
