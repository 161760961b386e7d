/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

/* Brings a client what is retained for the filters that it has subscribed to. */

/* @filter is to be looked for, with all others since the last walk began. */
void mqtt_bring_want (HeinMqtt *self, const char *filter);
/* Begins, or goes on, within a slot of the protocol; the rest comes in its
 * ticks. */
void mqtt_bring_go_on (HeinMqtt *self, HeinWire *wire);
/* Returns what the wanted filters take, in bytes of memory. */
gsize mqtt_bring_get_memory (const MqttClient *client);
/* Nothing more is brought. */
void mqtt_bring_end (MqttClient *client);

G_END_DECLS
