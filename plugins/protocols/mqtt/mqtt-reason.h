/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-properties.h"

G_BEGIN_DECLS

/* Reason codes of MQTT 5 (2.4). */
#define MQTT_SUCCESS                 0x00
#define MQTT_END_WITH_WILL           0x04
#define MQTT_NO_MATCHING_SUBSCRIBERS 0x10
#define MQTT_NO_SUBSCRIPTION         0x11
#define MQTT_UNSPECIFIED             0x80
#define MQTT_PASSED_OVER             0x83 /* implementation specific error */
#define MQTT_MALFORMED_PACKET        0x81
#define MQTT_PROTOCOL_ERROR          0x82
#define MQTT_VERSION_NOT_SUPPORTED   0x84
#define MQTT_BAD_USER_OR_PASSWORD    0x86
#define MQTT_NOT_AUTHORIZED          0x87
#define MQTT_SERVER_UNAVAILABLE      0x88
#define MQTT_CLIENT_ID_NOT_VALID     0x85
#define MQTT_SHUTTING_DOWN           0x8b
#define MQTT_BAD_METHOD              0x8c
#define MQTT_TAKEN_OVER              0x8e
#define MQTT_FILTER_INVALID          0x8f
#define MQTT_TOPIC_NAME_INVALID      0x90
#define MQTT_OVER_RECEIVE_MAXIMUM    0x93
#define MQTT_ALIAS_INVALID           0x94
#define MQTT_PACKET_TOO_LARGE        0x95
#define MQTT_QUOTA_EXCEEDED          0x97
#define MQTT_NO_RETAIN               0x9a
#define MQTT_QOS_NOT_SUPPORTED       0x9b
#define MQTT_NO_SHARED               0x9e
#define MQTT_NO_IDENTIFIERS          0xa1

/* What a reason of 0x80 and more means, as an error that says what to do:
 * "@what: …". @properties: of the packet, nullable. (transfer full) */
GError *mqtt_reason_make_error (guint8 reason,
                                const MqttProperties *properties,
                                const char *what);
/* The reason that stands for a return code of a CONNACK of MQTT 3.1.1. */
guint8 mqtt_reason_from_return_code (guint8 code);

G_END_DECLS
