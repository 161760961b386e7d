/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-deliver-state.h"

/* Deliveries that go on after a cut. */

G_BEGIN_DECLS

/* @peer has come. If it was cut off before, what is for it waits until it has
 * said what it has. */
void hein_deliver_resume_begin (HeinDeliverer *self, HeinPeer *peer);
/* Asks those that have come again; to be called when no protocol reads. */
void hein_deliver_resume_ask (HeinDeliverer *self);
/* Handles the answer: what has not come is sent again. Takes ownership of
 * @word. */
void
hein_deliver_resume_take (HeinCore *core, HeinPeer *peer, HeinMessage *word);

G_END_DECLS
