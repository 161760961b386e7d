/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-grant.h"

#include <string.h>

#include "mqtt-bring.h"
#include "mqtt-broker.h"
#include "mqtt-reason.h"
#include "mqtt-topic.h"

/*
 * SUBSCRIBE and UNSUBSCRIBE (mqtt-subscribe.c has their bytes), as a server. The
 * broker knows all filters, for what clients say to each other, and the bus knows
 * them as patterns, for what it sends itself.
 */
#define OPTION_QOS      0x03
#define OPTION_NO_LOCAL 0x04
#define OPTION_FLAG     0x08 /* RETAIN as it was published */
#define OPTION_RETAIN   4    /* shifted by so much, two bits */
#define RETAIN_ALWAYS   0    /* what is retained comes; 2: it does not */
#define RETAIN_NEW      1    /* it does for a new subscription */
#define OPTIONS_UNKNOWN 0xc0
#define OPTIONS_NEW     0xfc /* of version 5 */

/* ---- filters ---- */

static void
note_subscription (HeinMqtt *self, HeinWire *wire)
{
  if (!self->client->has_subscribed)
    hein_wire_set_accepts_messages (wire, TRUE);
  self->client->has_subscribed = TRUE;
}

static gboolean
is_filter (const char *filter)
{
  char pattern[HEIN_TOPIC_MAX + 1];

  return mqtt_topic_is_filter (filter) &&
         mqtt_topic_write_pattern (filter, pattern);
}

static MqttGrant
read_options (guint8 options)
{
  return (MqttGrant){
    .qos = MIN (options & OPTION_QOS, 1),
    .is_no_local = (options & OPTION_NO_LOCAL) != 0,
    .keeps_flag = (options & OPTION_FLAG) != 0,
  };
}

/* What is retained is not for a group (4.8.2). */
static guint8
share (HeinMqtt *self, HeinWire *wire, const char *name, guint8 options)
{
  const MqttGrant grant = read_options (options);
  const char *filter = mqtt_share_get_filter (name);

  if (filter == NULL || !is_filter (filter))
    return MQTT_FILTER_INVALID;
  note_subscription (self, wire);
  if (!mqtt_broker_share (self->client->broker, self, name, &grant))
    return MQTT_QUOTA_EXCEEDED;
  return grant.qos;
}

static guint8
subscribe (HeinMqtt *self, HeinWire *wire, const char *filter, guint8 options)
{
  char pattern[HEIN_TOPIC_MAX + 1];
  const MqttGrant grant = read_options (options);
  const guint8 when = options >> OPTION_RETAIN & 3;
  gboolean is_new;

  if (mqtt_share_is (filter))
    return share (self, wire, filter, options);
  if (!mqtt_topic_is_filter (filter) ||
      !mqtt_topic_write_pattern (filter, pattern))
    return MQTT_FILTER_INVALID;
  note_subscription (self, wire);
  /* what the bus retains may come at once, for those who have subscribed */
  is_new = mqtt_broker_subscribe (self->client->broker, self, filter, &grant);
  if (is_new && !hein_wire_subscribe_pattern (wire, (const guint8 *) pattern,
                                              strlen (pattern), NULL))
    {
      mqtt_broker_unsubscribe (self->client->broker, self, filter);
      return MQTT_QUOTA_EXCEEDED;
    }
  if (when == RETAIN_ALWAYS || (when == RETAIN_NEW && is_new))
    mqtt_bring_want (self, filter);
  return grant.qos;
}

static guint8
unsubscribe (HeinMqtt *self, HeinWire *wire, const char *filter)
{
  char pattern[HEIN_TOPIC_MAX + 1];

  if (!mqtt_broker_unsubscribe (self->client->broker, self, filter))
    return MQTT_NO_SUBSCRIPTION;
  if (!mqtt_share_is (filter) && mqtt_topic_write_pattern (filter, pattern))
    hein_wire_unsubscribe_pattern (wire, (const guint8 *) pattern,
                                   strlen (pattern));
  return MQTT_SUCCESS;
}

/* ---- packets ---- */

/* Returns the packet id, 0 with @error. */
static guint16
read_head (HeinMqtt *self, MqttReader *reader, MqttKind kind, GError **error)
{
  const guint16 packet_id = mqtt_read_u16 (reader);
  MqttProperties properties = { 0 };

  if (packet_id == 0)
    {
      mqtt_state_fail (self, MQTT_MALFORMED_PACKET,
                       "SUBSCRIBE or UNSUBSCRIBE has no packet id", error);
      return 0;
    }
  if (self->version == MQTT_VERSION_5 &&
      !mqtt_properties_read (reader, kind, &properties, error))
    return 0;
  if (MQTT_HAS (&properties, MQTT_SUBSCRIPTION_IDENTIFIER))
    {
      mqtt_state_fail (
        self, MQTT_NO_IDENTIFIERS,
        "the client gives its subscription an identifier, and it was told "
        "that there are none",
        error);
      return 0;
    }
  if (reader->p < reader->end)
    return packet_id;
  mqtt_state_fail (self, MQTT_PROTOCOL_ERROR,
                   "SUBSCRIBE or UNSUBSCRIBE has no filter", error);
  return 0;
}

static void
put_reason (HeinMqtt *self, GByteArray *to, guint8 reason)
{
  /* 3.1.1 has one for all that fails */
  mqtt_put_u8 (to, self->version == MQTT_VERSION_5
                     ? reason
                     : MIN (reason, MQTT_UNSPECIFIED));
}

static GByteArray *
begin_answer (HeinMqtt *self, guint16 packet_id)
{
  GByteArray *rest = g_byte_array_new ();

  mqtt_put_u16 (rest, packet_id);
  if (self->version == MQTT_VERSION_5)
    mqtt_put_length (rest, 0);
  return rest;
}

static gboolean
are_options (HeinMqtt *self, guint8 options)
{
  const guint8 unknown =
    self->version == MQTT_VERSION_5 ? OPTIONS_UNKNOWN : OPTIONS_NEW;

  return (options & unknown) == 0 && (options & OPTION_QOS) != 3 &&
         (options >> OPTION_RETAIN & 3) != 3;
}

static gboolean
take_filters (HeinMqtt *self,
              HeinWire *wire,
              MqttReader *reader,
              MqttKind kind,
              GByteArray *answer,
              GError **error)
{
  while (reader->p < reader->end)
    {
      gsize size;
      const char *text = mqtt_read_text (reader, &size);
      const guint8 options = kind == MQTT_SUBSCRIBE ? mqtt_read_u8 (reader) : 0;
      g_autofree char *filter = NULL;

      if (reader->is_bad || size == 0 || !are_options (self, options))
        return mqtt_state_fail (self, MQTT_MALFORMED_PACKET,
                                "a topic filter or its options are malformed",
                                error);
      filter = g_strndup (text, size);
      if ((options & OPTION_NO_LOCAL) != 0 && mqtt_share_is (filter))
        return mqtt_state_fail (self, MQTT_PROTOCOL_ERROR,
                                "a shared subscription has no local, which "
                                "it must not have",
                                error);
      put_reason (self, answer,
                  kind == MQTT_SUBSCRIBE
                    ? subscribe (self, wire, filter, options)
                    : unsubscribe (self, wire, filter));
    }
  return TRUE;
}

gboolean
mqtt_grant_take (HeinMqtt *self,
                 HeinWire *wire,
                 MqttReader *reader,
                 GError **error)
{
  const guint16 packet_id = read_head (self, reader, MQTT_SUBSCRIBE, error);
  g_autoptr (GByteArray) answer = NULL;

  if (packet_id == 0)
    return FALSE;
  answer = begin_answer (self, packet_id);
  if (!take_filters (self, wire, reader, MQTT_SUBSCRIBE, answer, error))
    return FALSE;
  mqtt_put_packet (wire, MQTT_SUBACK << 4, answer->data, answer->len);
  mqtt_bring_go_on (self, wire);
  return TRUE;
}

gboolean
mqtt_grant_take_back (HeinMqtt *self,
                      HeinWire *wire,
                      MqttReader *reader,
                      GError **error)
{
  const guint16 packet_id = read_head (self, reader, MQTT_UNSUBSCRIBE, error);
  g_autoptr (GByteArray) answer = NULL;

  if (packet_id == 0)
    return FALSE;
  answer = begin_answer (self, packet_id);
  if (!take_filters (self, wire, reader, MQTT_UNSUBSCRIBE, answer, error))
    return FALSE;
  /* 3.1.1 has no reasons here */
  mqtt_put_packet (wire, MQTT_UNSUBACK << 4, answer->data,
                   self->version == MQTT_VERSION_5 ? answer->len : 2);
  return TRUE;
}
