/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-relay.h"

#include "mqtt-broker.h"

/* A message for those who have subscribed with QoS 0 and with QoS 1, each made when
 * it is needed. */
typedef struct
{
  HeinWire *wire; /* of the publisher */
  const MqttPublish *publish;
  HeinMessage *messages[2]; /* owned, nullable */
} Copies;

static HeinMessage *
get_copy (Copies *self, guint8 qos)
{
  if (self->messages[qos] == NULL)
    self->messages[qos] =
      mqtt_message_make (self->wire, self->publish,
                         qos > 0 ? HEIN_ASK_DELIVERY : HEIN_ASK_NONE,
                         qos > 0 ? MQTT_RELAYED : 0);
  return self->messages[qos];
}

static void
clear_copies (Copies *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->messages); i++)
    g_clear_pointer (&self->messages[i], hein_message_unref);
}

guint
mqtt_relay (HeinMqtt *self, HeinWire *wire, const MqttPublish *publish)
{
  Copies copies = { .wire = wire, .publish = publish };
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
        hein_wire_send (to, get_copy (&copies, MIN (publish->qos, taker->qos)));
    }
  clear_copies (&copies);
  return takers->len;
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
  mqtt_relay (self, wire, will);
  if (!mqtt_filters_match (&self->filters, will->topic, will->topic_size))
    return;
  message = mqtt_message_make (wire, will, HEIN_ASK_NONE, 0);
  hein_wire_deliver (wire, message);
}
