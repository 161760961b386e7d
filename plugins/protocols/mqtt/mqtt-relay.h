/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-message.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* From one client to the others. */

/* Gives a message to those clients who have subscribed to it. Returns how many
 * there are. */
guint mqtt_relay (HeinMqtt *self, HeinWire *wire, const MqttPublish *publish);
/* The same with the will of a client that leaves, which the bus gets, too. */
void mqtt_relay_will (HeinMqtt *self, HeinWire *wire, const MqttPublish *will);

G_END_DECLS
