/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-deliver-state.h"

/* Sending the legs of deliveries to their peers. */

G_BEGIN_DECLS

/* Gives a leg that is in no row to a peer, and sends it if that takes more. */
void hein_leg_give (HeinLeg *self, HeinPeer *peer);
/* What is held may have been sent, and not told so yet: then it counts as sent
 * from now on. */
void hein_leg_note_sent (HeinLeg *self);
/* The leg was not sent, and is not to be sent to its peer: another one gets it,
 * if that would do as well. Takes ownership of @error. */
void hein_leg_move_or_fail (HeinLeg *self, GError *error);
/* Sends what waits for @peer, and that takes by now. */
void hein_deliverer_send_waiting (HeinDeliverer *self, HeinPeer *peer);

G_END_DECLS
