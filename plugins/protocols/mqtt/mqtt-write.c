/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-write.h"

#include <string.h>

/*
 *   PUBLISH      topic │ with QoS 1: packet id (2 B) │ properties │ payload
 */

gboolean
mqtt_write_is_answer (HeinAsk ask)
{
  return ask == HEIN_ASK_ANSWER || ask == HEIN_ASK_ERROR ||
         ask == HEIN_ASK_REFUSAL;
}

static gboolean
wants_answer (HeinAsk ask)
{
  return ask == HEIN_ASK_DELIVERY || ask == HEIN_ASK_REQUEST;
}

gboolean
mqtt_write_is_relayed (const HeinMessageAttributes *attributes)
{
  return attributes->ask == HEIN_ASK_DELIVERY &&
         (attributes->ask_id & MQTT_RELAYED) != 0;
}

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
  if (wants_answer (attributes->ask) && attributes->ask_number > 0)
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
write_properties (guint8 *place, HeinMessage *message, const MqttPacket *packet)
{
  const HeinMessageAttributes *attributes = packet->attributes;
  guint8 all[MQTT_PROPERTIES_MAX];
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
  size = end - all + packet->more.size;
  for (; size >= 0x80; size >>= 7)
    *place++ = (size & 0x7f) | 0x80;
  *place++ = size;
  memcpy (place, all, end - all);
  place += end - all;
  if (packet->more.size > 0)
    memcpy (place, packet->more.text, packet->more.size);
  return place + packet->more.size;
}

guint8 *
mqtt_write_head (const HeinMqtt *self,
                 guint8 *place,
                 HeinMessage *message,
                 const MqttPacket *packet,
                 guint16 packet_id)
{
  place = write_u16 (place, packet->topic.size);
  memcpy (place, packet->topic.text, packet->topic.size);
  place += packet->topic.size;
  if (packet->qos > 0)
    place = write_u16 (place, packet_id);
  if (self->version == MQTT_VERSION_5)
    place = write_properties (place, message, packet);
  return place;
}

static guint8
get_first (const HeinMqtt *self, const MqttPacket *packet)
{
  const HeinMessageAttributes *attributes = packet->attributes;
  /* a request, and what answers it, is for now */
  const gboolean is_retained =
    self->client == NULL
      ? self->retains && attributes->ask != HEIN_ASK_REQUEST &&
          !mqtt_write_is_answer (attributes->ask)
      : mqtt_write_is_relayed (attributes) &&
          (attributes->ask_id & MQTT_RELAYED_RETAINED) != 0;

  return MQTT_PUBLISH << 4 | (packet->qos > 0 ? MQTT_FLAG_QOS_1 : 0) |
         (is_retained ? MQTT_FLAG_RETAIN : 0);
}

void
mqtt_write_put (HeinMqtt *self,
                HeinWire *wire,
                HeinMessage *message,
                const MqttPacket *packet,
                guint8 *body,
                const guint8 *end,
                gsize size)
{
  const gboolean is_error = packet->attributes->ask == HEIN_ASK_ERROR ||
                            packet->attributes->ask == HEIN_ASK_REFUSAL;
  guint8 header[MQTT_HEADER_MAX];
  const gsize header_size =
    mqtt_header_write (header, get_first (self, packet), end - body + size);
  guint8 *start = body - header_size;

  memcpy (start, header, header_size);
  if (is_error)
    hein_wire_put (wire, start, end - start);
  else
    hein_wire_put_framed (wire, start, end - start, message, 0);
}
