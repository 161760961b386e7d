/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-asked.h"

/* The side of a bus that makes requests. */

G_BEGIN_DECLS

/* Limits for pending requests: of a bus, and to one peer. */
#define HEIN_ASKER_MAX          65536
#define HEIN_ASKER_MAX_PER_PEER 16384

/* Sends a request to the peers that the sending chooses. The first answer, a
 * HeinMessage, is the result of @call. Of many, each is the result of a call of
 * its own, to which @reply is the callback, and @call has no result: its data
 * must be an rc box then, which calls hold references of. Takes ownership of
 * @call. Returns the number of the request; it is pending unless it has
 * failed. */
guint64
hein_asker_ask (HeinCore *self, HeinCall *call, const HeinQuestion *question);
/* Handles an answer of @peer, or an error in place of one. Takes ownership of
 * @message. FALSE: nobody waits for it. */
gboolean hein_asker_take (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* One of the many answers of @peer has been taken: it may give another one. */
void hein_asker_give_credit (HeinCore *self, HeinPeer *peer, guint64 id);
/* Ends request @id with CANCELLED, and tells the peers. */
void hein_asker_cancel (HeinCore *self, guint64 id);
/* An answer of @peer to request @id was lost before it arrived here. */
void hein_asker_lose (HeinCore *self, HeinPeer *peer, guint64 id);
/* Returns whether request @id was sent to @peer, and is not answered. */
gboolean hein_asker_awaits (HeinCore *self, HeinPeer *peer, guint64 id);
/* Delivers a HEIN_EVENT_ANSWER to the application. */
void hein_asker_tell (HeinCore *self, HeinCall *call);
guint hein_asker_count (HeinCore *self);
/* Frees the asker with its bus; all calls have ended. */
void hein_asker_free (HeinCore *self);

G_END_DECLS
