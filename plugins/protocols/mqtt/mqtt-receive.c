/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-receive.h"

#include <string.h>

#include "broker/hein-broker.h"
#include "mqtt-connect.h"
#include "mqtt-reason.h"
#include "mqtt-send.h"
#include "mqtt-subscribe.h"
#include "mqtt-topic.h"

/* What a broker sends. */

/* Topic, packet id and properties beside a payload. */
#define OVERHEAD_MAX (128 * 1024)
#define ANSWER_MAX   (64 * 1024) /* of all packets that are no messages */

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

static gboolean
take_publish (HeinMqtt *self,
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

static gboolean
take_puback (HeinMqtt *self, HeinWire *wire, MqttReader *reader, GError **error)
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

/* ---- all packets ---- */

static gboolean
take_ping_answer (HeinMqtt *self, HeinWire *wire, GError **error)
{
  if (self->n_pings == 0)
    return fail (error, "PINGRESP answers nothing");
  /* the broker reads one packet after the other */
  hein_wire_set_confirmed_by_end (wire, self->n_at_ping);
  mqtt_send_want_answer (self, wire,
                         self->n_at_ping < hein_wire_count_sent (wire) ||
                           hein_wire_count_unsent (wire) > 0);
  if (--self->n_pings == 0)
    hein_wire_set_rtt_us (wire, hein_wire_get_now_us (wire) - self->pinged_us);
  return TRUE;
}

/* Returns FALSE with @error in any case. */
static gboolean
take_goodbye (HeinMqtt *self, MqttReader *reader, GError **error)
{
  MqttProperties properties = { 0 };
  guint8 reason = MQTT_SUCCESS;

  if (self->version != MQTT_VERSION_5)
    return fail (error, "DISCONNECT of a broker is not in MQTT 3.1.1");
  if (reader->p < reader->end)
    reason = mqtt_read_u8 (reader);
  if (reader->p < reader->end &&
      !mqtt_properties_read (reader, MQTT_DISCONNECT, &properties, error))
    return FALSE;
  self->state = MQTT_OVER;
  if (reason >= MQTT_UNSPECIFIED)
    g_propagate_error (
      error, mqtt_reason_make_error (reason, &properties,
                                     "the broker ends the connection"));
  else
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "the broker ends the connection");
  return FALSE;
}

static gboolean
take_up (HeinMqtt *self,
         HeinWire *wire,
         const MqttHeader *header,
         MqttReader *reader,
         GError **error)
{
  const guint8 *body = reader->p;

  switch (header->kind)
    {
    case MQTT_PUBLISH:
      return take_publish (self, wire, header->flags, reader, error);
    case MQTT_PUBACK:
      return take_puback (self, wire, reader, error);
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
      return mqtt_subscribe_take_answer (self, wire,
                                         header->kind == MQTT_SUBACK, body,
                                         header->size, error);
    case MQTT_PINGRESP:
      return take_ping_answer (self, wire, error);
    case MQTT_DISCONNECT:
      return take_goodbye (self, reader, error);
    case MQTT_CONNECT:
    case MQTT_CONNACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_PINGREQ:
    case MQTT_AUTH:
    default:
      return fail (error, "a packet came that a broker must not send here");
    }
}

/* Decides from the header alone, before anything is waited for. */
static gboolean
check_header (HeinMqtt *self,
              HeinWire *wire,
              const MqttHeader *header,
              GError **error)
{
  if (self->state == MQTT_WAITS && header->kind != MQTT_CONNACK)
    return fail (error, "the first packet is not CONNACK: this is no MQTT "
                        "broker");
  if (header->kind == MQTT_PUBLISH)
    return hein_wire_check_message_size (wire, header->size, OVERHEAD_MAX,
                                         error);
  if (header->flags != 0)
    return fail (error, "a packet has flags that it must not have");
  if (header->kind == MQTT_PINGRESP && header->size > 0)
    return fail (error, "PINGRESP has a body");
  return header->size <= ANSWER_MAX ||
         fail (error, "a packet that is no message is over 64 KiB");
}

/* Returns FALSE without @error when the packet is not all there, or has to
 * wait. */
static gboolean
take_packet (HeinMqtt *self,
             HeinWire *wire,
             const guint8 *data,
             gsize size,
             gsize *used,
             GError **error)
{
  MqttHeader header;
  MqttReader reader;

  switch (mqtt_header_parse (data, size, &header))
    {
    case MQTT_HEADER_BAD:
      return fail (error, "the length of a packet is malformed");
    case MQTT_HEADER_SHORT:
      return FALSE;
    case MQTT_HEADER_OK:
    default:
      break;
    }
  if (!check_header (self, wire, &header, error))
    return FALSE;
  if (header.size > size - header.header_size)
    {
      hein_wire_expect (wire, header.header_size + header.size);
      return FALSE;
    }
  *used = header.header_size + header.size;
  reader = (MqttReader){ data + header.header_size, data + *used, FALSE };
  if (self->state == MQTT_WAITS)
    return mqtt_connect_take_answer (self, wire, reader.p, header.size, error);
  return take_up (self, wire, &header, &reader, error);
}

gssize
mqtt_receive (HeinMqtt *self,
              HeinWire *wire,
              const guint8 *data,
              gsize size,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize used = 0;

  while (self->state == MQTT_WAITS || self->state == MQTT_UP)
    {
      gsize n = 0;

      if (!take_packet (self, wire, data + used, size - used, &n, &local_error))
        break;
      used += n;
    }
  if (self->state == MQTT_UP || self->state == MQTT_OVER)
    hein_wire_set_memory (wire, mqtt_window_get_memory (&self->sent) +
                                  mqtt_window_get_memory (&self->come));
  if (local_error == NULL)
    return self->state == MQTT_OVER ? (gssize) size : (gssize) used;
  self->end_reason = local_error->code == HEIN_ERROR_TOO_LARGE
                       ? MQTT_PACKET_TOO_LARGE
                       : MQTT_PROTOCOL_ERROR;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}
