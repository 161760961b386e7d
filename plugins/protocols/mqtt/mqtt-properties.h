/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-packet.h"

G_BEGIN_DECLS

/* The properties of MQTT 5 (2.2.2) that this side reads or writes. */
#define MQTT_PAYLOAD_FORMAT                     1
#define MQTT_MESSAGE_EXPIRY                     2
#define MQTT_CONTENT_TYPE                       3
#define MQTT_RESPONSE_TOPIC                     8
#define MQTT_CORRELATION_DATA                   9
#define MQTT_SUBSCRIPTION_IDENTIFIER            11
#define MQTT_SESSION_EXPIRY                     17
#define MQTT_ASSIGNED_CLIENT_ID                 18
#define MQTT_SERVER_KEEP_ALIVE                  19
#define MQTT_AUTHENTICATION_METHOD              21
#define MQTT_SERVER_REFERENCE                   28
#define MQTT_REASON_STRING                      31
#define MQTT_RECEIVE_MAXIMUM                    33
#define MQTT_TOPIC_ALIAS                        35
#define MQTT_MAXIMUM_QOS                        36
#define MQTT_RETAIN_AVAILABLE                   37
#define MQTT_USER_PROPERTY                      38
#define MQTT_MAXIMUM_PACKET_SIZE                39
#define MQTT_WILDCARDS_AVAILABLE                40
#define MQTT_SUBSCRIPTION_IDENTIFIERS_AVAILABLE 41
#define MQTT_SHARED_AVAILABLE                   42

typedef struct
{
  const char *text; /* within the packet, not terminated */
  gsize size;
} MqttText;

/* What the properties of one packet say; of those that a packet does not have,
 * only `has` tells. */
typedef struct
{
  guint64 has; /* bit by identifier */
  guint32 message_expiry_s;
  guint32 session_expiry_s;
  guint32 server_keep_alive_s;
  guint32 receive_maximum;
  guint32 topic_alias;
  guint32 maximum_qos;
  guint32 retain_available;
  guint32 maximum_packet_size;
  guint32 wildcards_available;
  guint32 shared_available;
  MqttText content_type;
  MqttText response_topic;
  MqttText correlation; /* bytes */
  MqttText reason_string;
  MqttText server_reference;
  MqttReader pairs; /* for mqtt_properties_next_pair */
} MqttProperties;

#define MQTT_HAS(properties, id)                                               \
  (((properties)->has & G_GUINT64_CONSTANT (1) << (id)) != 0)

/* Reads the length of the properties and them all; FALSE with @error when one
 * does not belong into a packet of @kind, comes twice, or is malformed. */
gboolean mqtt_properties_read (MqttReader *reader,
                               MqttKind kind,
                               MqttProperties *properties,
                               GError **error);
/* Takes the next user property of those that were read from a packet, by a copy of
 * `pairs`; FALSE: there are no more. */
gboolean
mqtt_properties_next_pair (MqttReader *reader, MqttText *name, MqttText *value);
/* Those that a broker passes on unaltered, and in their order (3.3.2.3): all that a
 * publisher says but for the time that is left. NULL: there are none.
 * (transfer full) (nullable) */
GBytes *mqtt_properties_dup_passed_on (const MqttProperties *self);

G_END_DECLS
