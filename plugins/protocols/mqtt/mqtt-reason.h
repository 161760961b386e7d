/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-properties.h"

G_BEGIN_DECLS

/* Reason codes of MQTT 5 (2.4). */
#define MQTT_SUCCESS                 0x00
#define MQTT_NO_MATCHING_SUBSCRIBERS 0x10
#define MQTT_UNSPECIFIED             0x80
#define MQTT_MALFORMED_PACKET        0x81
#define MQTT_PROTOCOL_ERROR          0x82
#define MQTT_VERSION_NOT_SUPPORTED   0x84
#define MQTT_BAD_USER_OR_PASSWORD    0x86
#define MQTT_NOT_AUTHORIZED          0x87
#define MQTT_SERVER_UNAVAILABLE      0x88
#define MQTT_CLIENT_ID_NOT_VALID     0x85
#define MQTT_TOPIC_NAME_INVALID      0x90
#define MQTT_PACKET_TOO_LARGE        0x95

/* What a reason of 0x80 and more means, as an error that says what to do:
 * "@what: …". @properties: of the packet, nullable. (transfer full) */
GError *mqtt_reason_make_error (guint8 reason,
                                const MqttProperties *properties,
                                const char *what);
/* The reason that stands for a return code of a CONNACK of MQTT 3.1.1. */
guint8 mqtt_reason_from_return_code (guint8 code);

G_END_DECLS
