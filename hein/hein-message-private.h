/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-message.h>

G_BEGIN_DECLS

/* Up to so many bytes of payload lie in the message's own block. */
#define HEIN_MESSAGE_INLINE_MAX 4096

/* On the way in. The sender is borrowed: whoever lets a message outlive the
 * turn in which it was delivered calls hein_message_keep_sender first. */
HeinMessage *hein_message_new_received (const char *topic,
                                        gsize topic_size,
                                        const guint8 *data,
                                        gsize size,
                                        HeinPeer *sender,
                                        gint64 time_us);
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
void hein_message_keep_sender (HeinMessage *self);
/* Drops the reference of a turn; keeps the sender for whoever has another. */
void hein_message_release (HeinMessage *self);

/* The peer that a reply goes to, NULL for others. */
HeinPeer *hein_message_get_reply_peer (HeinMessage *self);

/* What it counts in limits: topic, parts and HEIN_MESSAGE_OVERHEAD. */
gsize hein_message_get_cost (HeinMessage *self);

G_END_DECLS
