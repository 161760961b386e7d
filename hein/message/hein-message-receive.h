/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-message-memory.h"

G_BEGIN_DECLS

/* Takes @payload. */
HeinMessage *hein_message_new_received_bytes (const char *topic,
                                              gsize topic_size,
                                              GBytes *payload,
                                              HeinPeer *sender,
                                              gint64 time_us);
/* @self as it arrives from @sender: @self itself when it has no sender and
 * nobody else holds it, else a copy that shares its parts. (transfer full) */
HeinMessage *
hein_message_receive (HeinMessage *self, HeinPeer *sender, gint64 time_us);
/* @self on the way that @other has: a reply goes to who asked. Takes @self.
 * (transfer full) */
HeinMessage *hein_message_route_as (HeinMessage *self, HeinMessage *other);
/* @self as @other arrived, with its way back. Takes @self. (transfer full) */
HeinMessage *hein_message_arrive_as (HeinMessage *self, HeinMessage *other);

G_END_DECLS
