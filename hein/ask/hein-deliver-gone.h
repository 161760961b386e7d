/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-deliver-state.h"

/* What becomes of deliveries whose peer goes. */

G_BEGIN_DECLS

/* @to is gone for good. Takes ownership of it; it is in no table. */
void hein_deliver_peer_end (HeinDeliverPeer *to);
/* What was sent to @to may have been handled, and nobody knows. */
void hein_deliver_peer_doubt (HeinDeliverPeer *to, const char *why);
/* @peer is gone, or was cut off: then what was sent to it waits for it to come
 * again, for resume-ms. */
void hein_deliver_peer_go (HeinDeliverer *self, HeinPeer *peer);
/* Takes @to out of those that are cut off. */
void hein_deliver_peer_forget_cut (HeinDeliverPeer *to);
void hein_deliver_gone_init (HeinDeliverer *self);
/* When the bus ends. */
void hein_deliver_gone_clear (HeinDeliverer *self);

G_END_DECLS
