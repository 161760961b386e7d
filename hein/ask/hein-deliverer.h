/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "core/hein-send.h"

/* The side of a bus that delivers messages, and waits for receipts. */

G_BEGIN_DECLS

/* The limit for deliveries of a bus that have not ended. */
#define HEIN_DELIVERER_MAX 65536

/* Delivers the message to the peers that @sending chooses. A HeinReceipt is the
 * result of @call, which it takes ownership of. @timeout_ms negative: until the
 * peers are gone. */
void hein_deliverer_deliver (HeinCore *self,
                             HeinCall *call,
                             const HeinSending *sending,
                             int timeout_ms);
/* The same of a message in the spool: after a cut it is unknown at once, as it
 * is delivered again then, in order, and its id says which one it is. */
void hein_deliverer_deliver_posted (HeinCore *self,
                                    HeinCall *call,
                                    const HeinSending *sending);
/* Handles what @peer says about deliveries to it; those that have ended do not
 * matter. Takes ownership of @word. */
void hein_deliverer_take (HeinCore *self, HeinPeer *peer, HeinMessage *word);
/* The bus closes: nobody who was cut off comes again. */
void hein_deliverer_close (HeinCore *core);
guint hein_deliverer_count (HeinCore *self);
/* Frees the deliverer with its bus; all calls have ended. */
void hein_deliverer_free (HeinCore *self);

G_END_DECLS
