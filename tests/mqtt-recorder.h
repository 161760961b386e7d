/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/mqtt/hein-mqtt.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/*
 * A recording wire that speaks MQTT as a client, and bytes that a broker says.
 */
#define CONNACK       "\x20\x02\0\0"
#define CONNACK_5     "\x20\x03\0\0\0"
#define SUBSCRIBE_ALL "\x82\x06\0\1\0\1#\1"
#define PINGREQ       "\xc0\0"
#define PINGRESP      "\xd0\0"

/* Of a bus that is called spock, whose program handles nothing by itself. */
Recorder *mqtt_recorder_new (MqttVersion version);
/* The broker has accepted it, and it has subscribed to everything. */
Recorder *mqtt_recorder_open (MqttVersion version);
/* The object of an endpoint that listens; @option: nullable. (transfer full) */
HeinMqtt *mqtt_recorder_new_broker (const char *option, const char *value);
/* A client that has just connected to it. */
Recorder *mqtt_recorder_accept (HeinMqtt *broker);
/* The same, who has said who it is, with a keep alive of 10 s and no will; and
 * the answer is forgotten. @id: of 1 to 100 bytes. */
Recorder *
mqtt_recorder_accept_as (HeinMqtt *broker, const char *id, MqttVersion version);
/* Its connection ends. */
void mqtt_recorder_leave (Recorder *self);
void mqtt_recorder_forget (Recorder *self);
void
mqtt_recorder_subscribe (Recorder *self, const char *prefix, gboolean wanted);
/* Encodes what the bus says about a delivery, or a delivery itself. */
gboolean mqtt_recorder_ask (Recorder *self,
                            const char *topic,
                            HeinMessageAttributes attributes,
                            const char *payload,
                            GError **error);
const HeinMessageAttributes *mqtt_recorder_get_attributes (Recorder *self,
                                                           guint index);

G_END_DECLS
