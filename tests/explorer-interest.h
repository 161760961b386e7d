/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-party.h"

/*
 * Subscriptions of the explorer: what was not subscribed to when it was sent,
 * and peers knew that, does not arrive; what was, does.
 */

G_BEGIN_DECLS

void interest_begin (Party *self);
void interest_end (Party *self);
/* Subscribes, unsubscribes, or asks peers whether they know of it. */
void interest_act (Party *self);
/* Asks whether they know of it; interest_is_confirmed() when all do. */
void interest_confirm (Party *self);
gboolean interest_is_confirmed (const Party *self);
gboolean interest_wants (const Party *self, guint topic);
void interest_note_peer (Party *self, HeinPeer *peer);
void interest_forget_peer (Party *self, HeinPeer *peer);
/* @self hears what @sender has sent to all, or to it alone. */
void
interest_hear (Party *self, HeinPeer *peer, const Party *sender, guint number);

G_END_DECLS
