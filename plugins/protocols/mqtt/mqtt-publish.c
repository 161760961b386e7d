/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-publish.h"

#include <string.h>

#include "broker/hein-broker.h"
#include "mqtt-reason.h"
#include "mqtt-send.h"
#include "mqtt-topic.h"

/* Messages that come, and acknowledgements of those that went. */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* ---- messages ---- */

typedef struct
{
  guint8 qos;
  const char *topic; /* not terminated */
  gsize topic_size;
  guint16 packet_id;
  MqttProperties properties;
  const guint8 *payload;
  gsize size;
} Publish;

/* Topics come again and again: the last one is known to be valid. */
static gboolean
check_topic (HeinMqtt *self, const guint8 *topic, gsize size, GError **error)
{
  if (self->topic != NULL && size == self->topic_size &&
      memcmp (topic, self->topic, size) == 0)
    return TRUE;
  if (!mqtt_topic_check_received (topic, size, error))
    return FALSE;
  if (size > HEIN_TOPIC_MAX)
    return TRUE;
  if (self->topic == NULL)
    self->topic = g_malloc (HEIN_TOPIC_MAX);
  memcpy (self->topic, topic, size);
  self->topic_size = size;
  return TRUE;
}

static gboolean
check_packet_id (HeinMqtt *self, guint16 packet_id, GError **error)
{
  if (packet_id == 0)
    return fail (error, "a message has the packet id 0");
  if (mqtt_window_has (&self->come, packet_id))
    return fail (error, "the packet id of a message is in use");
  if (self->version == MQTT_VERSION_5 &&
      mqtt_window_get_length (&self->come) >= self->receive_maximum)
    return fail (error, "more messages came at a time than this side takes");
  return TRUE;
}

static gboolean
read_publish (HeinMqtt *self,
              guint8 flags,
              MqttReader *reader,
              Publish *publish,
              GError **error)
{
  const guint8 *topic = mqtt_read_binary (reader, &publish->topic_size);

  publish->qos = flags >> 1 & 3;
  if (publish->qos > 1)
    return fail (error, publish->qos == 2
                          ? "a message has QoS 2, which was not asked for"
                          : "a message has QoS 3, which does not exist");
  if (publish->qos == 0 && (flags & MQTT_FLAG_DUP))
    return fail (error, "a message of QoS 0 is marked as a duplicate");
  if (topic == NULL)
    return fail (error, "a message is shorter than its topic");
  if (!check_topic (self, topic, publish->topic_size, error))
    return FALSE;
  publish->topic = (const char *) topic;
  if (publish->qos > 0)
    publish->packet_id = mqtt_read_u16 (reader);
  if (publish->qos > 0 && !check_packet_id (self, publish->packet_id, error))
    return FALSE;
  if (self->version == MQTT_VERSION_5 &&
      !mqtt_properties_read (reader, MQTT_PUBLISH, &publish->properties, error))
    return FALSE;
  if (MQTT_HAS (&publish->properties, MQTT_TOPIC_ALIAS))
    return fail (error, "a message has a topic alias, which was not asked for");
  publish->size = reader->end - reader->p;
  publish->payload = mqtt_read_bytes (reader, publish->size);
  return publish->payload != NULL ||
         fail (error, "a message is shorter than its packet id");
}

/* What is not passed on is acknowledged all the same, behind those before it, or
 * it would come again. */
static void
settle (HeinMqtt *self, HeinWire *wire, const Publish *publish, guint8 reason)
{
  MqttOpen *open;

  if (publish->qos == 0)
    return;
  mqtt_window_push (&self->come, publish->packet_id, ++self->n_come);
  open = mqtt_window_find (&self->come, publish->packet_id);
  open->is_over = TRUE;
  open->reason = reason;
  mqtt_send_acks (self, wire);
}

/* At most 2³² ms. */
static guint32
get_left_ms (const MqttProperties *properties)
{
  const guint64 ms = (guint64) properties->message_expiry_s * 1000;

  if (!MQTT_HAS (properties, MQTT_MESSAGE_EXPIRY))
    return 0;
  return CLAMP (ms, 1, G_MAXUINT32);
}

/* User properties may have names that attributes cannot have, and come twice: what
 * cannot be had is left out. */
static void
add_more (HeinWire *wire,
          const MqttProperties *properties,
          HeinMessage *message)
{
  MqttReader reader = properties->pairs;
  MqttText name;
  MqttText value;
  gboolean ok = TRUE;

  if (MQTT_HAS (properties, MQTT_MESSAGE_EXPIRY))
    hein_message_set_expiry_ms (message, get_left_ms (properties));
  if (!MQTT_HAS (properties, MQTT_USER_PROPERTY))
    return;
  while (mqtt_properties_next_pair (&reader, &name, &value))
    ok = hein_message_add_attribute (message, name.text, name.size, value.text,
                                     value.size) &&
         ok;
  if (!ok)
    hein_wire_drop_attributes (wire);
}

static void
deliver_attributed (HeinMqtt *self, HeinWire *wire, const Publish *publish)
{
  HeinMessageAttributes attributes = { 0 };
  const MqttText said = publish->properties.content_type;
  g_autofree char *content_type = NULL;
  g_autoptr (HeinMessage) message = NULL;

  /* hein's own types are no longer */
  if (said.size > 0 && said.size <= 255)
    content_type = g_strndup (said.text, said.size);
  attributes.content_type = content_type;
  if (publish->qos > 0)
    {
      attributes.ask = HEIN_ASK_DELIVERY;
      attributes.ask_number = get_left_ms (&publish->properties);
      attributes.ask_id = ++self->n_come;
      mqtt_window_push (&self->come, publish->packet_id, self->n_come);
    }
  message =
    hein_broker_make_message (publish->topic, publish->topic_size, &attributes,
                              publish->payload, publish->size, NULL);
  add_more (wire, &publish->properties, message);
  hein_wire_deliver (wire, message);
}

gboolean
mqtt_publish_take (HeinMqtt *self,
                   HeinWire *wire,
                   guint8 flags,
                   MqttReader *reader,
                   GError **error)
{
  Publish publish = { 0 };

  if (!read_publish (self, flags, reader, &publish, error) ||
      !hein_wire_check_message_size (wire, publish.size, 0, error))
    return FALSE;
  if (publish.topic_size > HEIN_TOPIC_MAX)
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, publish.size,
                      "a message has a topic of more than 255 bytes");
      settle (self, wire, &publish, MQTT_TOPIC_NAME_INVALID);
    }
  else if (!mqtt_filters_match (&self->filters, publish.topic,
                                publish.topic_size))
    settle (self, wire, &publish, MQTT_SUCCESS); /* a filter says more */
  else if (publish.qos == 0 && publish.properties.content_type.size == 0 &&
           !MQTT_HAS (&publish.properties, MQTT_USER_PROPERTY) &&
           !MQTT_HAS (&publish.properties, MQTT_MESSAGE_EXPIRY))
    hein_wire_deliver_data (wire, publish.topic, publish.topic_size,
                            publish.payload, publish.size);
  else
    deliver_attributed (self, wire, &publish);
  return TRUE;
}

/* ---- acknowledgements ---- */

static void
tell_failure (HeinWire *wire,
              guint64 number,
              guint8 reason,
              const MqttProperties *properties)
{
  g_autoptr (GError) error =
    reason == MQTT_NO_MATCHING_SUBSCRIBERS
      ? g_error_new_literal (HEIN_ERROR, HEIN_ERROR_NO_PEER,
                             "nobody has subscribed to the topic")
      : mqtt_reason_make_error (reason, properties,
                                "the broker refuses the message");
  const HeinMessageAttributes failure = {
    .ask = HEIN_ASK_FAILURE,
    .ask_number = error->code,
    .ask_id = number,
  };

  hein_broker_tell (wire, &failure, error->message);
}

gboolean
mqtt_publish_take_ack (HeinMqtt *self,
                       HeinWire *wire,
                       MqttReader *reader,
                       GError **error)
{
  const guint16 packet_id = mqtt_read_u16 (reader);
  MqttOpen *open = mqtt_window_find (&self->sent, packet_id);
  MqttOpen done;
  MqttProperties properties = { 0 };
  guint8 reason = MQTT_SUCCESS;
  HeinMessageAttributes receipt = { .ask = HEIN_ASK_RECEIPT, .ask_number = 1 };

  if (open == NULL || open->is_over)
    return fail (error, "the broker acknowledges what was not sent");
  if (self->version == MQTT_VERSION_5 && reader->p < reader->end)
    reason = mqtt_read_u8 (reader);
  if (self->version == MQTT_VERSION_5 && reader->p < reader->end &&
      !mqtt_properties_read (reader, MQTT_PUBACK, &properties, error))
    return FALSE;
  if (reader->p < reader->end)
    return fail (error, "PUBACK is too long");
  receipt.ask_id = open->number;
  open->is_over = TRUE;
  while (mqtt_window_pop_over (&self->sent, &done))
    ;
  /* what is kept is for those who come later, too */
  if (reason == MQTT_SUCCESS ||
      (reason == MQTT_NO_MATCHING_SUBSCRIBERS && self->retains))
    hein_broker_tell (wire, &receipt, "");
  else
    tell_failure (wire, receipt.ask_id, reason, &properties);
  return TRUE;
}
