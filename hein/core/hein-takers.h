/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* Who gets a message that is sent to all: those who have subscribed to it. */

G_BEGIN_DECLS

/* To be called when a peer becomes a target, and when it is none any more, or
 * is about to be compared in another way. */
void hein_takers_add (HeinCore *self, HeinPeer *peer);
void hein_takers_remove (HeinCore *self, HeinPeer *peer);
/* To be called before and after whether a target wants everything may
 * change. */
void hein_takers_begin_change (HeinCore *self, HeinPeer *peer);
void hein_takers_end_change (HeinCore *self, HeinPeer *peer);
/* A target has subscribed to a prefix that it did not have, or is about to lose
 * it. */
void hein_takers_subscribe (HeinCore *self, HeinPeer *peer, HeinPrefix *prefix);
void
hein_takers_unsubscribe (HeinCore *self, HeinPeer *peer, HeinPrefix *prefix);
/* The same with a pattern. */
void hein_takers_subscribe_pattern (HeinCore *self,
                                    HeinPeer *peer,
                                    HeinPrefix *pattern);
void hein_takers_unsubscribe_pattern (HeinCore *self,
                                      HeinPeer *peer,
                                      HeinPrefix *pattern);
/* Returns the targets that have subscribed to a message, each once, in no
 * order, to be given back to hein_takers_end; some may have no right to receive
 * it. The peers are borrowed: the caller walks the targets. */
GPtrArray *hein_takers_find (HeinCore *self, HeinMessage *message);
void hein_takers_end (HeinCore *self, GPtrArray *takers);
void hein_takers_clear (HeinCore *self);

G_END_DECLS
