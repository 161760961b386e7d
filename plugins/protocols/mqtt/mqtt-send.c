/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-send.h"

#include <string.h>

#include "mqtt-broker.h"
#include "mqtt-reason.h"
#include "mqtt-topic.h"

/*
 *   PUBLISH      topic │ with QoS 1: packet id (2 B) │ properties │ payload
 *   PUBACK       packet id (2 B) │ reason (1 B, left out when it is 0)
 *   DISCONNECT   reason (1 B, left out when it is 0)
 *
 * What is delivered (hein_bus_deliver_async) goes with QoS 1, what is sent with
 * QoS 0.
 */
#define ANSWER_US        G_USEC_PER_SEC
#define CONTENT_TYPE_MAX 255
#define PAIRS_MAX        (5 * HEIN_ATTRIBUTES_MAX + HEIN_ATTRIBUTES_SIZE_MAX)
#define PROPERTIES_MAX   (2 + 5 + 3 + CONTENT_TYPE_MAX + PAIRS_MAX)
#define HEAD_MAX         (MQTT_HEADER_MAX + 2 + HEIN_TOPIC_MAX + 2 + PROPERTIES_MAX)

/* their size takes two bytes at most */
G_STATIC_ASSERT (PROPERTIES_MAX < 1 << 14);

static const HeinMessageAttributes no_attributes = { 0 };

static guint8 *
write_u16 (guint8 *place, guint16 value)
{
  place[0] = value >> 8;
  place[1] = value & 0xff;
  return place + 2;
}

/* The seconds that are left, of which a part counts as a whole one. */
static guint32
get_expiry_s (HeinMessage *message, const HeinMessageAttributes *attributes)
{
  const gint64 expiry_ms = hein_message_get_expiry_ms (message);
  gint64 left_ms = expiry_ms < 0 ? 0 : MAX (expiry_ms, 1);

  /* a delivery waits no longer than its message is of use */
  if (attributes->ask == HEIN_ASK_DELIVERY && attributes->ask_number > 0)
    left_ms = attributes->ask_number;
  return left_ms / 1000 + (left_ms % 1000 > 0);
}

static guint8 *
write_text (guint8 *place, const char *text)
{
  const gsize size = strlen (text);

  place = write_u16 (place, size);
  memcpy (place, text, size);
  return place + size;
}

/* Returns the end of the properties. */
static guint8 *
write_properties (guint8 *place,
                  HeinMessage *message,
                  const HeinMessageAttributes *attributes)
{
  guint8 all[PROPERTIES_MAX];
  guint8 *end = all;
  const char *const *pairs = hein_message_get_attributes (message);
  const guint32 expiry_s = get_expiry_s (message, attributes);
  gsize size;

  if (expiry_s > 0)
    {
      *end++ = MQTT_MESSAGE_EXPIRY;
      end = write_u16 (end, expiry_s >> 16);
      end = write_u16 (end, expiry_s & 0xffff);
    }
  if (attributes->content_type != NULL)
    {
      *end++ = MQTT_CONTENT_TYPE;
      end = write_text (end, attributes->content_type);
    }
  for (; pairs != NULL && pairs[0] != NULL; pairs += 2)
    {
      *end++ = MQTT_USER_PROPERTY;
      end = write_text (end, pairs[0]);
      end = write_text (end, pairs[1]);
    }
  size = end - all;
  *place++ = size < 0x80 ? size : (size & 0x7f) | 0x80;
  if (size >= 0x80)
    *place++ = size >> 7;
  memcpy (place, all, size);
  return place + size;
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

static gboolean
check_message (HeinMqtt *self,
               const HeinMessageView *view,
               const HeinMessageAttributes *attributes,
               GError **error)
{
  if (view->n_parts > 1)
    return fail (error, "MQTT carries messages of one part");
  /* a client of 3.1.1 gets what others say with a content type without it */
  if (self->client == NULL && self->version != MQTT_VERSION_5 &&
      attributes->content_type != NULL)
    return fail (error, "MQTT 3.1.1 carries no content type: send without one, "
                        "or to a broker that speaks MQTT 5");
  return mqtt_topic_check (view->topic, view->topic_size, error);
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

static gboolean
is_relayed (const HeinMessageAttributes *attributes)
{
  return (attributes->ask_id & MQTT_RELAYED) != 0;
}

/* Whether the other side is to acknowledge it. */
static gboolean
has_qos_1 (const HeinMessageAttributes *attributes)
{
  return attributes->ask == HEIN_ASK_DELIVERY &&
         (!is_relayed (attributes) ||
          (attributes->ask_id & MQTT_RELAYED_QOS_0) == 0);
}

static guint8
get_first (const HeinMqtt *self, const HeinMessageAttributes *attributes)
{
  const gboolean is_retained =
    self->client == NULL ? self->retains
                         : is_relayed (attributes) &&
                             (attributes->ask_id & MQTT_RELAYED_RETAINED) != 0;

  return MQTT_PUBLISH << 4 | (has_qos_1 (attributes) ? MQTT_FLAG_QOS_1 : 0) |
         (is_retained ? MQTT_FLAG_RETAIN : 0);
}

void
mqtt_send_want_answer (HeinMqtt *self, HeinWire *wire, gboolean wanted)
{
  if (!wanted || self->is_unconfirmed || self->client != NULL)
    return;
  self->is_unconfirmed = TRUE;
  hein_wire_want_tick (wire, hein_wire_get_now_us (wire) + ANSWER_US);
}

/* A client gets what it has subscribed to, at most with that QoS. */
static gboolean
check_grant (HeinMqtt *self,
             const HeinMessageView *view,
             gboolean is_delivery,
             GError **error)
{
  const int qos = mqtt_broker_get_qos (self->client->broker, self, view->topic,
                                       view->topic_size);

  if (qos < 0)
    return fail (error, "the client has not subscribed to the topic");
  if (is_delivery && qos == 0)
    return fail (error, "the client has subscribed to the topic with QoS 0, "
                        "and acknowledges nothing of it");
  return TRUE;
}

void
mqtt_send_review_room (HeinMqtt *self, HeinWire *wire)
{
  const gboolean is_full =
    mqtt_window_get_length (&self->sent) >= self->client->receive_maximum;

  if (is_full == self->client->is_held)
    return;
  self->client->is_held = is_full;
  hein_wire_hold (wire, is_full);
}

static gboolean
publish (HeinMqtt *self,
         HeinWire *wire,
         HeinMessage *message,
         const HeinMessageView *view,
         GError **error)
{
  const HeinMessageAttributes *attributes =
    view->attributes != NULL ? view->attributes : &no_attributes;
  const gboolean is_delivery = has_qos_1 (attributes);
  guint8 head[HEAD_MAX];
  guint8 *body = head + MQTT_HEADER_MAX;
  guint8 *end = body;
  guint8 header[MQTT_HEADER_MAX];
  gsize header_size;
  guint16 packet_id = 0;

  if (!check_message (self, view, attributes, error))
    return FALSE;
  if (self->client != NULL && !is_relayed (attributes) &&
      !check_grant (self, view, is_delivery, error))
    return FALSE;
  end = write_u16 (end, view->topic_size);
  memcpy (end, view->topic, view->topic_size);
  end += view->topic_size;
  if (is_delivery)
    {
      packet_id = mqtt_state_next_id (self);
      end = write_u16 (end, packet_id);
    }
  if (self->version == MQTT_VERSION_5)
    end = write_properties (end, message, attributes);
  if (!check_size (self, MQTT_HEADER_MAX + (guint64) (end - body) + view->size,
                   error))
    return FALSE;
  header_size = mqtt_header_write (header, get_first (self, attributes),
                                   end - body + view->size);
  memcpy (body - header_size, header, header_size);
  hein_wire_put_framed (wire, body - header_size, header_size + (end - body),
                        message, 0);
  mqtt_send_want_answer (self, wire, TRUE);
  if (is_delivery)
    mqtt_window_push (&self->sent, packet_id, attributes->ask_id);
  if (self->client != NULL)
    mqtt_send_review_room (self, wire);
  return TRUE;
}

/* ---- what came ---- */

static void
put_ack (HeinMqtt *self, HeinWire *wire, const MqttOpen *open)
{
  guint8 rest[3];
  const gboolean has_reason =
    self->version == MQTT_VERSION_5 && open->reason != MQTT_SUCCESS;

  write_u16 (rest, open->packet_id);
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

gboolean
mqtt_send (HeinMqtt *self, HeinWire *wire, HeinMessage *message, GError **error)
{
  HeinMessageView view;
  HeinAsk ask;

  hein_message_peek (message, &view);
  ask = view.attributes != NULL ? view.attributes->ask : HEIN_ASK_NONE;
  if (ask == HEIN_ASK_NONE || ask == HEIN_ASK_DELIVERY)
    return publish (self, wire, message, &view, error);
  return fail (error, "requests are not carried by MQTT yet");
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
  mqtt_put_packet (wire, MQTT_DISCONNECT << 4, &self->end_reason, has_reason);
  /* the broker ends when it has read this */
  if (self->client == NULL)
    hein_wire_set_confirmed_by_end (wire, G_MAXUINT64);
}
