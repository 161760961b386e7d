/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-properties.h"

/* The properties of packets, by a table of all that MQTT 5 has. */

typedef enum
{
  TYPE_NONE, /* there is none of that identifier */
  TYPE_FLAG, /* 0 or 1 */
  TYPE_TWO,
  TYPE_FOUR,
  TYPE_LENGTH,
  TYPE_BINARY,
  TYPE_TEXT,
  TYPE_PAIR
} Type;

#define IN(kind)     (1u << MQTT_##kind)
#define IN_MESSAGE   (IN (PUBLISH) | IN (CLIENT_PUBLISH) | IN (WILL))
#define IN_END       (IN (DISCONNECT) | IN (CLIENT_DISCONNECT))
#define IN_ALL       (IN (CONNACK) | IN_ACKS | IN_END | IN (AUTH))
#define IN_ACKS      (IN (PUBACK) | IN (SUBACK) | IN (UNSUBACK))
#define IN_REQUESTS  (IN (CONNECT) | IN (SUBSCRIBE) | IN (UNSUBSCRIBE))
#define NOWHERE      G_MAXUINT16
#define FIELD(name)  G_STRUCT_OFFSET (MqttProperties, name)
#define ID_MAX       42
#define NOT_ZERO     1
#define MAY_BE_AGAIN 2

typedef struct
{
  guint8 type;
  guint8 rules;
  guint16 offset; /* of the field */
  guint32 packets;
} Property;

static const Property table[ID_MAX + 1] = {
  [MQTT_PAYLOAD_FORMAT] = { TYPE_FLAG, 0, NOWHERE, IN_MESSAGE },
  [MQTT_MESSAGE_EXPIRY] = { TYPE_FOUR, 0, FIELD (message_expiry_s),
                            IN_MESSAGE },
  [MQTT_CONTENT_TYPE] = { TYPE_TEXT, 0, FIELD (content_type), IN_MESSAGE },
  [MQTT_RESPONSE_TOPIC] = { TYPE_TEXT, 0, FIELD (response_topic), IN_MESSAGE },
  [MQTT_CORRELATION_DATA] = { TYPE_BINARY, 0, FIELD (correlation), IN_MESSAGE },
  [MQTT_SUBSCRIPTION_IDENTIFIER] = { TYPE_LENGTH, NOT_ZERO | MAY_BE_AGAIN,
                                     NOWHERE, IN (PUBLISH) | IN (SUBSCRIBE) },
  [MQTT_SESSION_EXPIRY] = { TYPE_FOUR, 0, FIELD (session_expiry_s),
                            IN (CONNACK) | IN (CONNECT) |
                              IN (CLIENT_DISCONNECT) },
  [MQTT_ASSIGNED_CLIENT_ID] = { TYPE_TEXT, 0, NOWHERE, IN (CONNACK) },
  [MQTT_SERVER_KEEP_ALIVE] = { TYPE_TWO, 0, FIELD (server_keep_alive_s),
                               IN (CONNACK) },
  [MQTT_AUTHENTICATION_METHOD] = { TYPE_TEXT, 0, NOWHERE,
                                   IN (CONNACK) | IN (CONNECT) | IN (AUTH) },
  [22] = { TYPE_BINARY, 0, NOWHERE, /* its data */
           IN (CONNACK) | IN (CONNECT) | IN (AUTH) },
  [23] = { TYPE_FLAG, 0, NOWHERE, IN (CONNECT) }, /* reasons of problems */
  [24] = { TYPE_FOUR, 0, NOWHERE, IN (WILL) },    /* how long it waits */
  [25] = { TYPE_FLAG, 0, NOWHERE, IN (CONNECT) }, /* response information */
  [26] = { TYPE_TEXT, 0, NOWHERE, IN (CONNACK) }, /* the same */
  [MQTT_SERVER_REFERENCE] = { TYPE_TEXT, 0, FIELD (server_reference),
                              IN (CONNACK) | IN (DISCONNECT) },
  [MQTT_REASON_STRING] = { TYPE_TEXT, 0, FIELD (reason_string), IN_ALL },
  [MQTT_RECEIVE_MAXIMUM] = { TYPE_TWO, NOT_ZERO, FIELD (receive_maximum),
                             IN (CONNACK) | IN (CONNECT) },
  [34] = { TYPE_TWO, 0, NOWHERE, /* topic alias maximum */
           IN (CONNACK) | IN (CONNECT) },
  [MQTT_TOPIC_ALIAS] = { TYPE_TWO, 0, FIELD (topic_alias),
                         IN (PUBLISH) | IN (CLIENT_PUBLISH) },
  [MQTT_MAXIMUM_QOS] = { TYPE_FLAG, 0, FIELD (maximum_qos), IN (CONNACK) },
  [MQTT_RETAIN_AVAILABLE] = { TYPE_FLAG, 0, FIELD (retain_available),
                              IN (CONNACK) },
  [MQTT_USER_PROPERTY] = { TYPE_PAIR, MAY_BE_AGAIN, NOWHERE,
                           IN_ALL | IN_MESSAGE | IN_REQUESTS },
  [MQTT_MAXIMUM_PACKET_SIZE] = { TYPE_FOUR, NOT_ZERO,
                                 FIELD (maximum_packet_size),
                                 IN (CONNACK) | IN (CONNECT) },
  [MQTT_WILDCARDS_AVAILABLE] = { TYPE_FLAG, 0, FIELD (wildcards_available),
                                 IN (CONNACK) },
  [MQTT_SUBSCRIPTION_IDENTIFIERS_AVAILABLE] = { TYPE_FLAG, 0, NOWHERE,
                                                IN (CONNACK) },
  [MQTT_SHARED_AVAILABLE] = { TYPE_FLAG, 0, FIELD (shared_available),
                              IN (CONNACK) },
};

static guint32
read_number (MqttReader *reader, const Property *property)
{
  guint32 value;

  switch (property->type)
    {
    case TYPE_FLAG:
      value = mqtt_read_u8 (reader);
      reader->is_bad |= value > 1;
      break;
    case TYPE_TWO:
      value = mqtt_read_u16 (reader);
      break;
    case TYPE_LENGTH:
      value = mqtt_read_length (reader);
      break;
    case TYPE_FOUR:
    default:
      value = mqtt_read_u32 (reader);
      break;
    }
  reader->is_bad |= (property->rules & NOT_ZERO) && value == 0;
  return value;
}

static void
read_value (MqttReader *reader,
            const Property *property,
            MqttProperties *properties)
{
  MqttText text = { NULL, 0 };
  gpointer field = G_STRUCT_MEMBER_P (properties, property->offset);

  switch (property->type)
    {
    case TYPE_BINARY:
      text.text = (const char *) mqtt_read_binary (reader, &text.size);
      if (property->offset != NOWHERE)
        *(MqttText *) field = text;
      break;
    case TYPE_PAIR:
      mqtt_read_text (reader, &text.size);
      mqtt_read_text (reader, &text.size);
      break;
    case TYPE_TEXT:
      text.text = mqtt_read_text (reader, &text.size);
      if (property->offset != NOWHERE)
        *(MqttText *) field = text;
      break;
    default:
      if (property->offset != NOWHERE)
        *(guint32 *) field = read_number (reader, property);
      else
        read_number (reader, property);
      break;
    }
}

static gboolean
fail (GError **error, const char *format, guint id)
{
  g_autofree char *text = g_strdup_printf (format, id);

  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

static gboolean
read_one (MqttReader *reader,
          MqttKind kind,
          MqttProperties *properties,
          GError **error)
{
  const guint32 id = mqtt_read_length (reader);
  const Property *property = id <= ID_MAX ? &table[id] : &table[0];

  if (reader->is_bad || (property->packets & 1u << kind) == 0)
    return fail (error, "the property %u is not one of its packet", id);
  if (MQTT_HAS (properties, id) && (property->rules & MAY_BE_AGAIN) == 0)
    return fail (error, "the property %u comes twice in a packet", id);
  properties->has |= G_GUINT64_CONSTANT (1) << id;
  read_value (reader, property, properties);
  return !reader->is_bad || fail (error, "the property %u is malformed", id);
}

gboolean
mqtt_properties_read (MqttReader *reader,
                      MqttKind kind,
                      MqttProperties *properties,
                      GError **error)
{
  const guint32 size = mqtt_read_length (reader);
  MqttReader inner = { .p = mqtt_read_bytes (reader, size) };

  *properties = (MqttProperties){ 0 };
  if (inner.p == NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the properties go beyond the end of their packet");
      return FALSE;
    }
  inner.end = inner.p + size;
  properties->pairs = inner;
  while (inner.p < inner.end)
    if (!read_one (&inner, kind, properties, error))
      return FALSE;
  return TRUE;
}

gboolean
mqtt_properties_next_pair (MqttReader *reader, MqttText *name, MqttText *value)
{
  MqttProperties passed = { 0 };

  while (reader->p < reader->end)
    {
      const guint32 id = mqtt_read_length (reader);

      if (id != MQTT_USER_PROPERTY)
        {
          read_value (reader, &table[MIN (id, ID_MAX)], &passed);
          continue;
        }
      name->text = mqtt_read_text (reader, &name->size);
      value->text = mqtt_read_text (reader, &value->size);
      return !reader->is_bad;
    }
  return FALSE;
}

#define BIT(id) (G_GUINT64_CONSTANT (1) << (id))
#define PASSED_ON                                                              \
  (BIT (MQTT_PAYLOAD_FORMAT) | BIT (MQTT_CONTENT_TYPE) |                       \
   BIT (MQTT_RESPONSE_TOPIC) | BIT (MQTT_CORRELATION_DATA) |                   \
   BIT (MQTT_USER_PROPERTY))

GBytes *
mqtt_properties_dup_passed_on (const MqttProperties *self)
{
  MqttReader reader = self->pairs;
  MqttProperties read = { 0 };
  GByteArray *passed_on;

  if ((self->has & PASSED_ON) == 0)
    return NULL;
  passed_on = g_byte_array_sized_new (reader.end - reader.p);
  while (reader.p < reader.end)
    {
      const guint8 *start = reader.p;
      const guint32 id = mqtt_read_length (&reader);

      read_value (&reader, &table[MIN (id, ID_MAX)], &read);
      if (id <= ID_MAX && (PASSED_ON & BIT (id)) != 0)
        g_byte_array_append (passed_on, start, reader.p - start);
    }
  return g_byte_array_free_to_bytes (passed_on);
}
