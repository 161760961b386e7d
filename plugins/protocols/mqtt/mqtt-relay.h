/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-message.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* From one client to the others. */

/* Gives a message to those clients who have subscribed to it. Returns how many
 * there are. */
guint mqtt_relay (HeinMqtt *self, const MqttPublish *publish);
/* Keeps what is published to be retained. FALSE: there is no room. */
gboolean mqtt_relay_keep (HeinMqtt *self,
                          HeinWire *wire,
                          const MqttPublish *publish,
                          MqttKind kind);
/* Sends what is retained to the client at @wire. */
void mqtt_relay_kept (HeinWire *wire, const MqttPublish *publish, guint8 qos);
/* Says the will of a client that leaves, to others and to the bus. */
void mqtt_relay_will (HeinMqtt *self, HeinWire *wire, const MqttPublish *will);

G_END_DECLS
