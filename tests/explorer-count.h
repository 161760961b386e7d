/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-party.h"

/* That counters add up: every copy of a message that a bus of the explorer has
 * accepted was heard, or counts as dropped for a reason. */

G_BEGIN_DECLS

/* The bus of @self gets a strategy that counts for how many a message is. */
void count_begin (Party *self);
/* To be called around a message to all; @has_sent: it was accepted. */
void count_before (Party *self);
void count_after (Party *self, gboolean has_sent);
/* One that is for one peer was accepted. */
void count_one (Party *self);
/* Sends @message to all peers of a name: each gets a copy. */
void count_send_to (Party *self, const char *name, HeinMessage *message);
/* @peer has come. */
void count_note_peer (Party *self, HeinPeer *peer);
/* @parties: all there were, whose buses are closed or have crashed. */
void count_check (Scene *scene, const GPtrArray *parties);

G_END_DECLS
