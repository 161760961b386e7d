/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-send.h"

#include <string.h>

#include "broker/hein-broker.h"
#include "mqtt-ask.h"
#include "mqtt-broker.h"
#include "mqtt-reason.h"
#include "mqtt-subscribe.h"
#include "mqtt-topic.h"
#include "mqtt-write.h"

/*
 *   PUBACK       packet id (2 B) │ reason (1 B, left out when it is 0)
 *   DISCONNECT   reason (1 B, left out when it is 0)
 *
 * What is delivered (hein_bus_deliver_async) and what is asked go with QoS 1, what
 * is sent, or answers, with QoS 0.
 */
#define ANSWER_US G_USEC_PER_SEC
static const HeinMessageAttributes no_attributes = { 0 };

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

static gboolean
check_message (HeinMqtt *self,
               const HeinMessageView *view,
               const MqttPacket *packet,
               GError **error)
{
  if (view->n_parts > 1)
    return fail (error, "MQTT carries messages of one part");
  /* a client of 3.1.1 gets what others say with a content type without it */
  if (self->client == NULL && self->version != MQTT_VERSION_5 &&
      packet->attributes->content_type != NULL)
    return fail (error, "MQTT 3.1.1 carries no content type: send without one, "
                        "or to a broker that speaks MQTT 5");
  return mqtt_write_is_answer (packet->attributes->ask) ||
         mqtt_topic_check (view->topic, view->topic_size, error);
}

static gboolean
check_size (HeinMqtt *self, guint64 size, GError **error)
{
  const guint64 max =
    self->limits.packet_size > 0 ? self->limits.packet_size : MQTT_LENGTH_MAX;

  if (size <= max)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message takes %" G_GUINT64_FORMAT
               " bytes, and the broker takes %" G_GUINT64_FORMAT,
               size, max);
  return FALSE;
}

void
mqtt_send_want_answer (HeinMqtt *self, HeinWire *wire, gboolean wanted)
{
  if (!wanted || self->is_unconfirmed || self->client != NULL)
    return;
  self->is_unconfirmed = TRUE;
  hein_wire_want_tick (wire, hein_wire_get_now_us (wire) + ANSWER_US);
}

/* Whether the core has chosen the client by what it has subscribed to: what is for
 * one by its name, or from another client, is no turn of a group. */
static gboolean
is_for_whoever (HeinWire *wire, HeinAsk ask)
{
  return ask == HEIN_ASK_DELIVERY ||
         (ask == HEIN_ASK_NONE &&
          hein_wire_get_audience (wire) != HEIN_AUDIENCE_NAMED);
}

/* A client gets what it has subscribed to, at most with that QoS. */
static gboolean
check_grant (HeinMqtt *self, HeinWire *wire, MqttPacket *packet, GError **error)
{
  const HeinAsk ask = packet->attributes->ask;
  /* a longer one matches no filter, which are shorter */
  const int qos =
    packet->topic.size <= HEIN_TOPIC_MAX
      ? mqtt_broker_get_any_qos (self->client->broker, self, packet->topic.text,
                                 packet->topic.size)
      : -1;

  if (qos < 0 && mqtt_write_is_answer (ask))
    return fail (error, "the client has not subscribed to its response topic");
  if (qos < 0)
    {
      g_set_error_literal (error, HEIN_ERROR,
                           ask == HEIN_ASK_REQUEST ? HEIN_ERROR_NOT_SERVED
                                                   : HEIN_ERROR_FAILED,
                           "the client has not subscribed to the topic");
      return FALSE;
    }
  if (is_for_whoever (wire, ask))
    mqtt_broker_pass_turns (self->client->broker, self, packet->topic.text,
                            packet->topic.size);
  if (ask == HEIN_ASK_DELIVERY && qos == 0)
    return fail (error, "the client has subscribed to the topic with QoS 0, "
                        "and acknowledges nothing of it");
  packet->qos = MIN (packet->qos, qos);
  return TRUE;
}

/* The bus knows how many deliveries may be open at a time, and counts no requests
 * among them. */
static gboolean
has_room (const HeinMqtt *self)
{
  return mqtt_window_get_length (&self->sent) < self->limits.receive_maximum;
}

void
mqtt_send_review_room (HeinMqtt *self, HeinWire *wire)
{
  const gboolean is_full =
    (self->client != NULL || self->n_requests > 0) && !has_room (self);

  if (is_full == self->is_held)
    return;
  self->is_held = is_full;
  hein_wire_hold (wire, is_full);
}

/* Who relays, or answers, has the rest of the properties. */
static void
choose_packet (const HeinMqtt *self,
               HeinMessage *message,
               const HeinMessageView *view,
               MqttPacket *packet)
{
  const HeinMessageAttributes *attributes = packet->attributes;
  GBytes *path;

  packet->topic = (MqttText){ view->topic, view->topic_size };
  if (attributes->ask == HEIN_ASK_NONE)
    return;
  path = hein_message_get_return_path (message);
  if (attributes->ask == HEIN_ASK_DELIVERY)
    packet->qos = !mqtt_write_is_relayed (attributes) ||
                  (attributes->ask_id & MQTT_RELAYED_QOS_0) == 0;
  else if (attributes->ask == HEIN_ASK_REQUEST)
    packet->qos = has_room (self);
  if (mqtt_write_is_answer (attributes->ask))
    packet->topic = mqtt_ask_read_path (path, &packet->more);
  else if (path != NULL && mqtt_write_is_relayed (attributes))
    packet->more.text = g_bytes_get_data (path, &packet->more.size);
}

/* Adds what only requests and errors have. Returns the bytes of all that was there
 * and this. (transfer full) (nullable) */
static GByteArray *
add_more (HeinMqtt *self,
          HeinWire *wire,
          const HeinMessageView *view,
          MqttPacket *packet)
{
  const HeinAsk ask = packet->attributes->ask;
  GByteArray *more;

  if (ask != HEIN_ASK_REQUEST && ask != HEIN_ASK_ERROR &&
      ask != HEIN_ASK_REFUSAL)
    return NULL;
  more = g_byte_array_new ();
  if (packet->more.size > 0)
    g_byte_array_append (more, (const guint8 *) packet->more.text,
                         packet->more.size);
  if (ask == HEIN_ASK_REQUEST)
    {
      mqtt_ask_ensure_inbox (self, wire);
      mqtt_ask_put_request (self, more, packet->attributes->ask_id);
    }
  else
    mqtt_ask_put_error (more, view);
  packet->more = (MqttText){ (const char *) more->data, more->len };
  return more;
}

static void
note_sent (HeinMqtt *self,
           HeinWire *wire,
           const MqttPacket *packet,
           guint16 packet_id)
{
  const HeinMessageAttributes *attributes = packet->attributes;

  mqtt_send_want_answer (self, wire, TRUE);
  if (packet->qos > 0)
    mqtt_window_push (&self->sent, packet_id, attributes->ask_id);
  if (packet->qos > 0 && attributes->ask == HEIN_ASK_REQUEST)
    {
      mqtt_window_find (&self->sent, packet_id)->is_request = TRUE;
      self->n_requests++;
    }
  if (self->client != NULL || self->n_requests > 0)
    mqtt_send_review_room (self, wire);
}

static gboolean
publish (HeinMqtt *self,
         HeinWire *wire,
         HeinMessage *message,
         const HeinMessageView *view,
         GError **error)
{
  MqttPacket packet = { .attributes = view->attributes != NULL
                                        ? view->attributes
                                        : &no_attributes };
  const HeinAsk ask = packet.attributes->ask;
  /* an error is properties alone */
  const gsize size =
    ask == HEIN_ASK_ERROR || ask == HEIN_ASK_REFUSAL ? 0 : view->size;
  g_autoptr (GByteArray) more = NULL;
  g_autofree guint8 *large = NULL;
  guint8 small[MQTT_HEAD_MAX + 2 * HEIN_TOPIC_MAX];
  guint8 *body = small + MQTT_HEADER_MAX;
  const guint8 *end;
  guint16 packet_id = 0;

  choose_packet (self, message, view, &packet);
  if (!check_message (self, view, &packet, error))
    return FALSE;
  if (self->client != NULL && !mqtt_write_is_relayed (packet.attributes) &&
      !check_grant (self, wire, &packet, error))
    return FALSE;
  more = add_more (self, wire, view, &packet);
  if (packet.topic.size + packet.more.size > 2 * HEIN_TOPIC_MAX)
    {
      large = g_malloc (MQTT_HEAD_MAX + packet.topic.size + packet.more.size);
      body = large + MQTT_HEADER_MAX;
    }
  if (packet.qos > 0)
    packet_id = mqtt_state_next_id (self);
  end = mqtt_write_head (self, body, message, &packet, packet_id);
  if (!check_size (self, MQTT_HEADER_MAX + (guint64) (end - body) + size,
                   error))
    return FALSE;
  if (ask == HEIN_ASK_REQUEST && self->client == NULL && !self->is_inbox_told)
    mqtt_subscribe_to_inbox (self, wire, TRUE);
  mqtt_write_put (self, wire, message, &packet, body, end, size);
  note_sent (self, wire, &packet, packet_id);
  return TRUE;
}

/* ---- what came ---- */

static void
put_ack (HeinMqtt *self, HeinWire *wire, const MqttOpen *open)
{
  guint8 rest[3];
  const gboolean has_reason =
    self->version == MQTT_VERSION_5 && open->reason != MQTT_SUCCESS;

  rest[0] = open->packet_id >> 8;
  rest[1] = open->packet_id & 0xff;
  rest[2] = open->reason;
  mqtt_put_packet (wire, MQTT_PUBACK << 4, rest, has_reason ? 3 : 2);
}

void
mqtt_send_acks (HeinMqtt *self, HeinWire *wire)
{
  MqttOpen open;

  while (mqtt_window_pop_over (&self->come, &open))
    put_ack (self, wire, &open);
}

static void
settle (HeinMqtt *self, guint64 number, guint8 reason)
{
  MqttOpen *open = mqtt_window_find_number (&self->come, number);

  if (open == NULL)
    return;
  open->is_over = TRUE;
  open->reason = reason;
}

static guint8
get_reason (guint32 code)
{
  return code == HEIN_ERROR_FORBIDDEN || code == HEIN_ERROR_REFUSED
           ? MQTT_NOT_AUTHORIZED
           : MQTT_UNSPECIFIED;
}

void
mqtt_send_settled (HeinMqtt *self,
                   HeinWire *wire,
                   guint64 delivery,
                   const GError *failure)
{
  settle (self, delivery,
          failure != NULL ? get_reason (failure->code) : MQTT_SUCCESS);
  mqtt_send_acks (self, wire);
}

static gboolean
is_get (const HeinMessageView *view)
{
  gsize size = view->topic_size;

  return hein_broker_get_wanted (view->topic, &size) != NULL;
}

gboolean
mqtt_send (HeinMqtt *self, HeinWire *wire, HeinMessage *message, GError **error)
{
  HeinMessageView view;
  HeinAsk ask;

  hein_message_peek (message, &view);
  ask = view.attributes != NULL ? view.attributes->ask : HEIN_ASK_NONE;
  if (ask == HEIN_ASK_NONE || ask == HEIN_ASK_DELIVERY)
    return publish (self, wire, message, &view, error);
  if (self->version != MQTT_VERSION_5 ||
      (ask != HEIN_ASK_REQUEST && !mqtt_write_is_answer (ask)))
    return fail (error, "MQTT carries deliveries, and MQTT 5 requests with one "
                        "answer");
  if (ask == HEIN_ASK_REQUEST && is_get (&view))
    return fail (error, "MQTT has no requests for what is retained: it comes "
                        "to who subscribes to the topic");
  if (ask != HEIN_ASK_REQUEST && hein_message_get_return_path (message) == NULL)
    return fail (error, "an answer has no request here");
  return publish (self, wire, message, &view, error);
}

void
mqtt_send_ping (HeinMqtt *self, HeinWire *wire)
{
  if (self->n_pings++ == 0)
    {
      self->pinged_us = hein_wire_get_now_us (wire);
      self->n_at_ping = hein_wire_count_sent (wire);
    }
  self->is_unconfirmed = FALSE;
  mqtt_put_packet (wire, MQTT_PINGREQ << 4, NULL, 0);
}

void
mqtt_send_goodbye (HeinMqtt *self, HeinWire *wire)
{
  gboolean has_reason;

  /* a server that ends without an error is shutting down */
  if (self->client != NULL && self->end_reason == MQTT_SUCCESS)
    self->end_reason = MQTT_SHUTTING_DOWN;
  has_reason = self->end_reason != MQTT_SUCCESS;
  /* 3.1.1 has no reasons: without DISCONNECT the broker knows that it failed */
  if (self->state != MQTT_UP || (has_reason && self->version != MQTT_VERSION_5))
    return;
  if (self->is_inbox_told && self->session_s > 0)
    mqtt_subscribe_to_inbox (self, wire, FALSE);
  mqtt_put_packet (wire, MQTT_DISCONNECT << 4, &self->end_reason, has_reason);
  /* the broker ends when it has read this */
  if (self->client == NULL)
    hein_wire_set_confirmed_by_end (wire, G_MAXUINT64);
}
