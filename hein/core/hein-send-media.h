/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"
#include "message/hein-message-memory.h"

/* Sending a message to the media of a bus. */

G_BEGIN_DECLS

/* Fails when a medium is known to have no room. With a single medium the send
 * itself finds out. */
gboolean hein_send_check_room_of_media (HeinCore *self, GError **error);
/* Sends once to each medium, where everybody gets it, known or not. FALSE: one
 * has no room, and the message has to wait for it. */
gboolean
hein_send_to_media (HeinCore *self, HeinMessage *message, GError **error);

G_END_DECLS
