/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-publish.h"

#include <string.h>

#include "broker/hein-broker.h"
#include "mqtt-ask.h"
#include "mqtt-message.h"
#include "mqtt-reason.h"
#include "mqtt-relay.h"
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
    return mqtt_state_fail (self, MQTT_OVER_RECEIVE_MAXIMUM,
                            "more messages came at a time than this side takes",
                            error);
  return TRUE;
}

static gboolean
fail_qos (HeinMqtt *self, guint qos, GError **error)
{
  if (qos == 3)
    return mqtt_state_fail (self, MQTT_MALFORMED_PACKET,
                            "a message has QoS 3, which does not exist", error);
  return mqtt_state_fail (self, MQTT_QOS_NOT_SUPPORTED,
                          self->client != NULL
                            ? "a message has QoS 2, and there is 0 and 1"
                            : "a message has QoS 2, which was not asked for",
                          error);
}

static gboolean
read_properties (HeinMqtt *self,
                 MqttReader *reader,
                 MqttPublish *publish,
                 GError **error)
{
  if (self->version == MQTT_VERSION_5 &&
      !mqtt_properties_read (reader,
                             self->client != NULL ? MQTT_CLIENT_PUBLISH
                                                  : MQTT_PUBLISH,
                             &publish->properties, error))
    return FALSE;
  if (MQTT_HAS (&publish->properties, MQTT_TOPIC_ALIAS))
    return mqtt_state_fail (
      self, MQTT_ALIAS_INVALID,
      "a message has a topic alias, which was not asked for", error);
  /* what a broker passes on is the fault of others */
  if (self->client != NULL &&
      MQTT_HAS (&publish->properties, MQTT_RESPONSE_TOPIC) &&
      !mqtt_ask_has_response_topic (publish))
    return mqtt_state_fail (self, MQTT_PROTOCOL_ERROR,
                            "a response topic is empty, or has a wildcard",
                            error);
  return TRUE;
}

static gboolean
read_publish (HeinMqtt *self,
              guint8 flags,
              MqttReader *reader,
              MqttPublish *publish,
              GError **error)
{
  const guint8 *topic = mqtt_read_binary (reader, &publish->topic_size);

  publish->qos = flags >> 1 & 3;
  if (publish->qos > 1)
    return fail_qos (self, publish->qos, error);
  publish->is_retained = (flags & MQTT_FLAG_RETAIN) != 0;
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
  if (!read_properties (self, reader, publish, error))
    return FALSE;
  publish->size = reader->end - reader->p;
  publish->payload = mqtt_read_bytes (reader, publish->size);
  return publish->payload != NULL ||
         fail (error, "a message is shorter than its packet id");
}

/* What is not passed on is acknowledged all the same, behind those before it, or
 * it would come again. */
static void
settle (HeinMqtt *self,
        HeinWire *wire,
        const MqttPublish *publish,
        guint8 reason)
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

static void
deliver_attributed (HeinMqtt *self, HeinWire *wire, const MqttPublish *publish)
{
  g_autoptr (HeinMessage) message = NULL;

  if (publish->qos > 0)
    mqtt_window_push (&self->come, publish->packet_id, ++self->n_come);
  message =
    mqtt_message_make (wire, publish,
                       publish->qos > 0 ? HEIN_ASK_DELIVERY : HEIN_ASK_NONE,
                       publish->qos > 0 ? self->n_come : 0, NULL);
  hein_wire_deliver (wire, message);
}

/* Returns the reason for which a client may not say it, 0: it may. */
static guint8
get_trouble (HeinWire *wire, const MqttPublish *publish)
{
  if (publish->topic[0] == '$')
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, publish->size,
                      "a message has a topic that begins with $, as only those "
                      "of a broker do");
      return MQTT_TOPIC_NAME_INVALID;
    }
  if (hein_wire_may_publish (wire, publish->topic, publish->topic_size))
    return MQTT_SUCCESS;
  hein_wire_drop (wire, HEIN_DROP_REASON_FORBIDDEN, publish->size,
                  "the access file does not allow a message");
  return MQTT_NOT_AUTHORIZED;
}

/* Passes on what a client says. Returns the reason why the bus does not get it,
 * too; 0: it does. */
static guint8
pass_on (HeinMqtt *self,
         HeinWire *wire,
         const MqttPublish *publish,
         gboolean is_request)
{
  guint8 trouble;

  /* whether it may ask the bus is for the bus to say */
  if (is_request &&
      !hein_wire_may_publish (wire, publish->topic, publish->topic_size))
    return MQTT_SUCCESS;
  trouble = get_trouble (wire, publish);
  if (trouble != MQTT_SUCCESS)
    return trouble;
  if (!mqtt_relay_keep (self, wire, publish, MQTT_CLIENT_PUBLISH))
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_OVERFLOW, publish->size,
                      "a message cannot be retained: there is no room");
      return MQTT_QUOTA_EXCEEDED;
    }
  return mqtt_relay (self, publish) > 0 || publish->is_retained
           ? MQTT_SUCCESS
           : MQTT_NO_MATCHING_SUBSCRIBERS;
}

static void
deliver (HeinMqtt *self, HeinWire *wire, const MqttPublish *publish)
{
  if (publish->qos == 0 && publish->properties.content_type.size == 0 &&
      !MQTT_HAS (&publish->properties, MQTT_USER_PROPERTY) &&
      !MQTT_HAS (&publish->properties, MQTT_MESSAGE_EXPIRY))
    hein_wire_deliver_data (wire, publish->topic, publish->topic_size,
                            publish->payload, publish->size);
  else
    deliver_attributed (self, wire, publish);
}

/* The filter that a client has sent is wider than what it wants, or it has taken
 * it back by now. Nobody else of its group gets the message then. */
static void
pass_over (HeinMqtt *self,
           HeinWire *wire,
           const MqttPublish *publish,
           guint8 reason)
{
  if (self->share != NULL)
    hein_wire_drop (wire, HEIN_DROP_REASON_UNHANDLED, publish->size,
                    "a message of the group in share is none that is "
                    "subscribed to here: its filter is wider");
  settle (self, wire, publish,
          self->client != NULL ? reason : MQTT_PASSED_OVER);
}

gboolean
mqtt_publish_take (HeinMqtt *self,
                   HeinWire *wire,
                   guint8 flags,
                   MqttReader *reader,
                   GError **error)
{
  MqttPublish publish = { 0 };
  guint8 reason = MQTT_SUCCESS;
  gboolean is_request;

  if (!read_publish (self, flags, reader, &publish, error) ||
      !hein_wire_check_message_size (wire, publish.size, 0, error))
    return FALSE;
  if (publish.topic_size > HEIN_TOPIC_MAX)
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, publish.size,
                      "a message has a topic of more than 255 bytes");
      settle (self, wire, &publish, MQTT_TOPIC_NAME_INVALID);
      return TRUE;
    }
  if (mqtt_ask_is_answer (self, &publish))
    {
      mqtt_ask_take_answer (wire, &publish);
      settle (self, wire, &publish, MQTT_SUCCESS);
      return TRUE;
    }
  is_request = mqtt_ask_is_request (wire, &publish);
  if (self->client != NULL)
    reason = pass_on (self, wire, &publish, is_request);
  if (reason < MQTT_UNSPECIFIED && is_request)
    {
      mqtt_ask_take_request (wire, &publish);
      settle (self, wire, &publish, MQTT_SUCCESS);
    }
  else if (reason < MQTT_UNSPECIFIED &&
           mqtt_filters_match (&self->filters, publish.topic,
                               publish.topic_size))
    deliver (self, wire, &publish);
  else
    pass_over (self, wire, &publish, reason);
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

/* Who has published it does not wait for that. What is passed over is not
 * wanted. */
static void
note_refusal (HeinWire *wire, guint8 reason)
{
  if (reason >= MQTT_UNSPECIFIED && reason != MQTT_PASSED_OVER)
    hein_wire_drop (wire, HEIN_DROP_REASON_UNSENDABLE, 0,
                    "the client refuses a message of another client");
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
  gboolean is_request;
  HeinMessageAttributes receipt = { .ask = HEIN_ASK_RECEIPT, .ask_number = 1 };

  if (open == NULL || open->is_over)
    return fail (error, self->client != NULL
                          ? "the client acknowledges what was not sent"
                          : "the broker acknowledges what was not sent");
  if (self->version == MQTT_VERSION_5 && reader->p < reader->end)
    reason = mqtt_read_u8 (reader);
  if (self->version == MQTT_VERSION_5 && reader->p < reader->end &&
      !mqtt_properties_read (reader, MQTT_PUBACK, &properties, error))
    return FALSE;
  if (reader->p < reader->end)
    return fail (error, "PUBACK is too long");
  receipt.ask_id = open->number;
  is_request = open->is_request;
  open->is_over = TRUE;
  while (mqtt_window_pop_over (&self->sent, &done))
    self->n_requests -= done.is_request;
  if (self->client != NULL || self->is_held)
    mqtt_send_review_room (self, wire);
  if (is_request)
    {
      mqtt_ask_acknowledged (wire, receipt.ask_id, reason, &properties);
      return TRUE;
    }
  if (receipt.ask_id & MQTT_RELAYED)
    {
      note_refusal (wire, reason);
      return TRUE;
    }
  /* what is kept is for those who come later, too */
  if (reason == MQTT_SUCCESS ||
      (reason == MQTT_NO_MATCHING_SUBSCRIBERS && self->retains))
    hein_broker_tell (wire, &receipt, "");
  else
    tell_failure (wire, receipt.ask_id, reason, &properties);
  return TRUE;
}
