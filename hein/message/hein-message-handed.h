/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-message-memory.h"

/* Messages whose senders wait for a receipt: telling them. */

G_BEGIN_DECLS

/* Makes a message that has arrived one that @funcs tells the end of. */
void hein_message_hand (HeinMessage *self,
                        const HeinHandedFuncs *funcs,
                        gpointer data,
                        gboolean is_manual);
/* Says that it is not handled. Nothing happens when nobody waits any more. */
void hein_message_fail_handed (HeinMessage *self, int code, const char *why);
/* Returns @timeout_ms (negative: for ever), or the time after which the message
 * expires when that is less. */
int hein_message_limit_timeout (HeinMessage *self, int timeout_ms);
/* Returns whether its time is over. */
gboolean hein_message_is_late (const HeinMessage *self);

G_END_DECLS
