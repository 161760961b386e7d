/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* Telling protocols what became of the messages that they have delivered. */

G_BEGIN_DECLS

/* To be called when a message is put into the inbox of the bus, or taken
 * out. */
void hein_link_note_kept (HeinLink *self);
void hein_link_note_taken (HeinLink *self);
/* To be called when the application has been told of messages, before
 * hein_link_settle_delivery is. */
void hein_link_note_told (HeinLink *self);
/* Tells the protocol what became of the delivery. */
void hein_link_settle_delivery (HeinLink *self,
                                guint64 delivery,
                                const GError *failure);
/* The same of what is said in a message. Returns FALSE when it is about
 * something else. */
gboolean hein_link_take_word (HeinLink *self, HeinMessage *message);

G_END_DECLS
