/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

/* Puts a message. */
gboolean mqtt_send (HeinMqtt *self,
                    HeinWire *wire,
                    HeinMessage *message,
                    GError **error);
/* Acknowledges what is over, in the order in which it came. */
void mqtt_send_acks (HeinMqtt *self, HeinWire *wire);
/* It is known what became of a message that came with QoS 1. */
void mqtt_send_settled (HeinMqtt *self,
                        HeinWire *wire,
                        guint64 delivery,
                        const GError *failure);
void mqtt_send_ping (HeinMqtt *self, HeinWire *wire);
/* Nothing acknowledges QoS 0; the answer to a ping says that what was sent before
 * has come. There will be one soon, if it is @wanted. */
void mqtt_send_want_answer (HeinMqtt *self, HeinWire *wire, gboolean wanted);
void mqtt_send_goodbye (HeinMqtt *self, HeinWire *wire);
/* To a client goes no more at a time than it takes. */
void mqtt_send_review_room (HeinMqtt *self, HeinWire *wire);

G_END_DECLS
