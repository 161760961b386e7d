/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-relay.h"

#include "mqtt-broker.h"

/* A message with each QoS, without and with the flag RETAIN, each made when it is
 * needed. */
typedef struct
{
  const MqttPublish *publish;
  HeinMessage *messages[4]; /* owned, nullable */
} Copies;

/* What the publisher says of it goes on as it came, not by way of what a message of
 * hein can have. Only what has neither that, nor QoS 1, nor the flag needs no number
 * that says so. */
static HeinMessage *
make_copy (const Copies *self, guint8 qos, gboolean has_flag)
{
  g_autoptr (GBytes) said =
    mqtt_properties_dup_passed_on (&self->publish->properties);
  MqttPublish bare = *self->publish;

  bare.properties.has &= G_GUINT64_CONSTANT (1) << MQTT_MESSAGE_EXPIRY;
  bare.properties.content_type = (MqttText){ NULL, 0 };
  if (qos == 0 && !has_flag && said == NULL)
    return mqtt_message_make (NULL, &bare, HEIN_ASK_NONE, 0, NULL);
  return mqtt_message_make (NULL, &bare, HEIN_ASK_DELIVERY,
                            MQTT_RELAYED |
                              (has_flag ? MQTT_RELAYED_RETAINED : 0) |
                              (qos == 0 ? MQTT_RELAYED_QOS_0 : 0),
                            said);
}

static HeinMessage *
get_copy (Copies *self, guint8 qos, gboolean has_flag)
{
  HeinMessage **copy = &self->messages[qos * 2 + has_flag];

  if (*copy == NULL)
    *copy = make_copy (self, qos, has_flag);
  return *copy;
}

static void
clear_copies (Copies *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->messages); i++)
    g_clear_pointer (&self->messages[i], hein_message_unref);
}

guint
mqtt_relay (HeinMqtt *self, const MqttPublish *publish)
{
  Copies copies = { .publish = publish };
  g_autoptr (GArray) takers = NULL;

  if (!self->relays)
    return 0;
  takers = mqtt_broker_find_takers (self->client->broker, self, publish->topic,
                                    publish->topic_size);
  for (guint i = 0; i < takers->len; i++)
    {
      const MqttTaker *taker = &g_array_index (takers, MqttTaker, i);
      HeinWire *to = taker->client->client->wire;

      /* one may leave when another one gets it */
      if (to != NULL)
        hein_wire_send (to,
                        get_copy (&copies, MIN (publish->qos, taker->qos),
                                  publish->is_retained && taker->keeps_flag));
    }
  clear_copies (&copies);
  return takers->len;
}

gboolean
mqtt_relay_keep (HeinMqtt *self,
                 HeinWire *wire,
                 const MqttPublish *publish,
                 MqttKind kind)
{
  return !publish->is_retained ||
         mqtt_kept_set (mqtt_broker_get_kept (self->client->broker), publish,
                        kind, hein_wire_get_now_us (wire),
                        hein_wire_get_send_limit (wire));
}

void
mqtt_relay_kept (HeinWire *wire, const MqttPublish *publish, guint8 qos)
{
  Copies copies = { .publish = publish };

  hein_wire_send (wire, get_copy (&copies, qos, TRUE));
  clear_copies (&copies);
}

void
mqtt_relay_will (HeinMqtt *self, HeinWire *wire, const MqttPublish *will)
{
  g_autoptr (HeinMessage) message = NULL;

  if (!hein_wire_may_publish (wire, will->topic, will->topic_size))
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_FORBIDDEN, will->size,
                      "the access file does not allow its will");
      return;
    }
  if (!mqtt_relay_keep (self, wire, will, MQTT_WILL))
    hein_wire_drop (wire, HEIN_DROP_REASON_OVERFLOW, will->size,
                    "its will cannot be retained: there is no room");
  mqtt_relay (self, will);
  if (!mqtt_filters_match (&self->filters, will->topic, will->topic_size))
    return;
  message = mqtt_message_make (wire, will, HEIN_ASK_NONE, 0, NULL);
  hein_wire_deliver (wire, message);
}
