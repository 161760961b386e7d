/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-properties.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* The bytes of PUBLISH. */

#define MQTT_CONTENT_TYPE_MAX 255
#define MQTT_PAIRS_MAX        (5 * HEIN_ATTRIBUTES_MAX + HEIN_ATTRIBUTES_SIZE_MAX)
#define MQTT_PROPERTIES_MAX   (5 + 3 + MQTT_CONTENT_TYPE_MAX + MQTT_PAIRS_MAX)
/* without a topic, and without what a request has beside */
#define MQTT_HEAD_MAX (MQTT_HEADER_MAX + 2 + 2 + 4 + MQTT_PROPERTIES_MAX)

/* What a message is sent as. */
typedef struct
{
  const HeinMessageAttributes *attributes;
  MqttText topic;
  MqttText
    more; /* of its properties, as bytes: those of requests and answers */
  guint8 qos;
} MqttPacket;

/* Whether it is an answer, or what there is in place of one. */
gboolean mqtt_write_is_answer (HeinAsk ask);
/* Whether it is a message of another client. */
gboolean mqtt_write_is_relayed (const HeinMessageAttributes *attributes);

/* Writes what is before the payload, but for the header. Returns its end. */
guint8 *mqtt_write_head (const HeinMqtt *self,
                         guint8 *place,
                         HeinMessage *message,
                         const MqttPacket *packet,
                         guint16 packet_id);
/* Puts what has been written; its header goes before @body, where there is room
 * for it. @size: of the payload. */
void mqtt_write_put (HeinMqtt *self,
                     HeinWire *wire,
                     HeinMessage *message,
                     const MqttPacket *packet,
                     guint8 *body,
                     const guint8 *end,
                     gsize size);

G_END_DECLS
