/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "core/hein-send.h"

/* The side of a bus that makes requests. */

G_BEGIN_DECLS

/* Limits for pending requests: of a bus, and to one peer. */
#define HEIN_ASKER_MAX          65536
#define HEIN_ASKER_MAX_PER_PEER 16384

/* Sends a request to the peers that @sending chooses; the first answer, a
 * HeinMessage, is the result of @call. Takes ownership of @call, which ends
 * within @timeout_ms; negative: when the last of the peers is gone. */
void hein_asker_ask (HeinCore *self,
                     HeinCall *call,
                     const HeinSending *sending,
                     int timeout_ms);
/* Handles an answer of @peer, or an error in place of one. Takes ownership of
 * @message. FALSE: nobody waits for it. */
gboolean hein_asker_take (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* Returns whether request @id was sent to @peer, and is not answered. */
gboolean hein_asker_awaits (HeinCore *self, HeinPeer *peer, guint64 id);
/* Delivers a HEIN_EVENT_ANSWER to the application. */
void hein_asker_tell (HeinCore *self, HeinCall *call);
guint hein_asker_count (HeinCore *self);
/* Frees the asker with its bus; all calls have ended. */
void hein_asker_free (HeinCore *self);

G_END_DECLS
