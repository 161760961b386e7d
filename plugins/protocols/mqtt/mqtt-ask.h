/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-message.h"
#include "mqtt-reason.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* Requests of MQTT 5, with a response topic and correlation data. */

/* The inbox of all connections of an endpoint. (transfer full) */
MqttInbox *mqtt_ask_share_inbox (HeinMqtt *prepared);
/* Makes up where answers come, unless that is done. */
void mqtt_ask_ensure_inbox (HeinMqtt *self, HeinWire *wire);
/* What a request or an error has beside the attributes, as bytes of
 * properties. */
void mqtt_ask_put_request (const HeinMqtt *self, GByteArray *to, guint64 id);
void mqtt_ask_put_error (GByteArray *to, const HeinMessageView *view);

/* Whether it has a response topic that can be one. */
gboolean mqtt_ask_has_response_topic (const MqttPublish *publish);
/* The response topic in the return path of a request, and behind it the property that has the
 * correlation data, if there is one. */
MqttText mqtt_ask_read_path (GBytes *path, MqttText *correlation);

/* Whether a message has come to the inbox. */
gboolean mqtt_ask_is_answer (const HeinMqtt *self, const MqttPublish *publish);
void mqtt_ask_take_answer (HeinWire *wire, const MqttPublish *publish);
/* Whether it is one that the program serves. */
gboolean mqtt_ask_is_request (HeinWire *wire, const MqttPublish *publish);
void mqtt_ask_take_request (HeinWire *wire, const MqttPublish *publish);
/* A request was acknowledged with @reason. */
void mqtt_ask_acknowledged (HeinWire *wire,
                            guint64 id,
                            guint8 reason,
                            const MqttProperties *properties);

G_END_DECLS
