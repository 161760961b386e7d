/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-message-memory.h"

/* Messages on their way through a bus. */

G_BEGIN_DECLS

/* Takes ownership of @payload. */
HeinMessage *hein_message_new_received_bytes (const char *topic,
                                              gsize topic_size,
                                              GBytes *payload,
                                              HeinPeer *sender,
                                              gint64 time_us);
/* A delivery of one small part, whose end is still to be told
 * (hein_message_hand). */
HeinMessage *hein_message_new_numbered (const char *topic,
                                        gsize topic_size,
                                        const guint8 *data,
                                        gsize size,
                                        HeinPeer *sender,
                                        gint64 time_us,
                                        guint64 number,
                                        guint32 left_ms);
/* Returns @self as it arrives from @sender: @self itself when it has no sender
 * and no other references, else a copy that shares its parts. (transfer
 * full) */
HeinMessage *
hein_message_receive (HeinMessage *self, HeinPeer *sender, gint64 time_us);
/* Returns @self with the destination of @other: a reply goes to the peer that
 * asked. Takes ownership of @self. (transfer full) */
HeinMessage *hein_message_route_as (HeinMessage *self, HeinMessage *other);
/* Returns @self with the sender and return path of @other. Takes ownership of
 * @self. (transfer full) */
HeinMessage *hein_message_arrive_as (HeinMessage *self, HeinMessage *other);
/* @message for @peer alone, as what @ask says (its content type is that of
 * @message). (transfer full) */
HeinMessage *hein_message_new_ask (HeinMessage *message,
                                   HeinPeer *peer,
                                   const HeinMessageAttributes *ask,
                                   GBytes *return_path);
/* It is given to the application, as any other message. */
void hein_message_end_ask (HeinMessage *self);

G_END_DECLS
