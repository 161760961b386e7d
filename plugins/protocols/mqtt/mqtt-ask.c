/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-ask.h"

#include <string.h>

#include "broker/hein-broker.h"
#include "mqtt-topic.h"

/*
 * A request has a response topic, hein/inbox/ and 32 hexadecimal digits, and as
 * correlation data its number (8 B). An answer goes to the response topic, whatever
 * that is, with the same correlation data. In place of an answer there may be an
 * error, in two user properties: its text, and its code, whose name says whether it
 * is one of the program or of the bus.
 */
#define PREFIX       "hein/inbox/"
#define ID_SIZE      8
#define ERROR        "hein-error"
#define ERROR_CODE   "hein-error-code"
#define REFUSAL_CODE "hein-refusal-code"
#define ERROR_MAX    4096

G_STATIC_ASSERT (sizeof PREFIX - 1 + 32 == MQTT_INBOX_SIZE);

/* ---- the inbox ---- */

MqttInbox *
mqtt_ask_share_inbox (HeinMqtt *prepared)
{
  if (prepared->inbox == NULL)
    prepared->inbox = g_rc_box_new0 (MqttInbox);
  return g_rc_box_acquire (prepared->inbox);
}

void
mqtt_ask_ensure_inbox (HeinMqtt *self, HeinWire *wire)
{
  guint64 key[2];

  if (self->inbox == NULL)
    self->inbox = g_rc_box_new0 (MqttInbox);
  if (self->inbox->topic[0] != '\0')
    return;
  key[0] = hein_wire_random (wire);
  key[1] = hein_wire_random (wire);
  g_snprintf (self->inbox->topic, sizeof self->inbox->topic,
              PREFIX "%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
              key[0], key[1]);
}

/* ---- what is sent ---- */

void
mqtt_ask_put_request (const HeinMqtt *self, GByteArray *to, guint64 id)
{
  const guint64 number = GUINT64_TO_BE (id);

  mqtt_put_u8 (to, MQTT_RESPONSE_TOPIC);
  mqtt_put_text (to, self->inbox->topic);
  mqtt_put_u8 (to, MQTT_CORRELATION_DATA);
  mqtt_put_binary (to, &number, sizeof number);
}

static void
put_pair (GByteArray *to, const char *name, const char *value)
{
  mqtt_put_u8 (to, MQTT_USER_PROPERTY);
  mqtt_put_text (to, name);
  mqtt_put_text (to, value);
}

void
mqtt_ask_put_error (GByteArray *to, const HeinMessageView *view)
{
  g_autofree char *text =
    hein_error_dup_printable ((const char *) view->data,
                              MIN (view->size, ERROR_MAX));
  g_autofree char *code = g_strdup_printf ("%u", view->attributes->ask_number);

  put_pair (to,
            view->attributes->ask == HEIN_ASK_ERROR ? ERROR_CODE : REFUSAL_CODE,
            code);
  put_pair (to, ERROR, text);
}

/* ---- return paths ---- */

/* Which others can have been given that are none: then it is a message. */
gboolean
mqtt_ask_has_response_topic (const MqttPublish *publish)
{
  const MqttText topic = publish->properties.response_topic;

  return MQTT_HAS (&publish->properties, MQTT_RESPONSE_TOPIC) &&
         topic.size > 0 && !mqtt_topic_has_wildcard (topic.text, topic.size);
}

/* Where the answer to a request goes: the response topic, and the correlation data as
 * a property, which an answer has, too. (transfer full) */
static GBytes *
dup_path (const MqttPublish *publish)
{
  const MqttText topic = publish->properties.response_topic;
  const MqttText correlation = publish->properties.correlation;
  GByteArray *path = g_byte_array_sized_new (5 + topic.size + correlation.size);

  mqtt_put_binary (path, topic.text, topic.size);
  if (MQTT_HAS (&publish->properties, MQTT_CORRELATION_DATA))
    {
      mqtt_put_u8 (path, MQTT_CORRELATION_DATA);
      mqtt_put_binary (path, correlation.text, correlation.size);
    }
  return g_byte_array_free_to_bytes (path);
}

MqttText
mqtt_ask_read_path (GBytes *path, MqttText *correlation)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (path, &size);
  MqttReader reader = { data, data + size, FALSE };
  MqttText topic;

  topic.text = (const char *) mqtt_read_binary (&reader, &topic.size);
  *correlation = (MqttText){ (const char *) reader.p, reader.end - reader.p };
  return topic;
}

/* ---- what comes ---- */

gboolean
mqtt_ask_is_answer (const HeinMqtt *self, const MqttPublish *publish)
{
  return self->inbox != NULL && publish->topic_size == MQTT_INBOX_SIZE &&
         memcmp (publish->topic, self->inbox->topic, MQTT_INBOX_SIZE) == 0;
}

static gboolean
is_name (MqttText text, const char *name)
{
  return text.size == strlen (name) && memcmp (text.text, name, text.size) == 0;
}

/* FALSE: it is no number of 32 bits. */
static gboolean
read_code (MqttText text, guint32 *code)
{
  guint64 value = 0;

  if (text.size == 0 || text.size > 10)
    return FALSE;
  for (gsize i = 0; i < text.size; i++)
    {
      if (!g_ascii_isdigit (text.text[i]))
        return FALSE;
      value = value * 10 + (text.text[i] - '0');
    }
  *code = (guint32) value;
  return value <= G_MAXUINT32;
}

/* Returns what an answer is: it is no error unless it has a code. */
static HeinAsk
read_error (const MqttPublish *publish, guint32 *code, char **text)
{
  MqttReader reader = publish->properties.pairs;
  HeinAsk ask = HEIN_ASK_ANSWER;
  MqttText name;
  MqttText value;

  if (!MQTT_HAS (&publish->properties, MQTT_USER_PROPERTY))
    return ask;
  while (mqtt_properties_next_pair (&reader, &name, &value))
    {
      if (is_name (name, ERROR_CODE) && read_code (value, code))
        ask = HEIN_ASK_ERROR;
      else if (is_name (name, REFUSAL_CODE) && read_code (value, code))
        ask = HEIN_ASK_REFUSAL;
      else if (is_name (name, ERROR) && *text == NULL)
        *text = g_strndup (value.text, value.size);
    }
  return ask;
}

/* What nobody waits for any more, or never did, is of no use. */
void
mqtt_ask_take_answer (HeinWire *wire, const MqttPublish *publish)
{
  const MqttText correlation = publish->properties.correlation;
  MqttPublish answer = *publish;
  g_autofree char *text = NULL;
  g_autoptr (HeinMessage) message = NULL;
  guint32 code = 0;
  guint64 id = 0;
  HeinAsk ask;

  if (correlation.size != ID_SIZE)
    return;
  memcpy (&id, correlation.text, ID_SIZE);
  id = GUINT64_FROM_BE (id);
  if (!hein_wire_awaits (wire, id))
    return;
  ask = read_error (publish, &code, &text);
  if (ask != HEIN_ASK_ANSWER)
    {
      hein_broker_tell_ask (wire, ask, id, code, text != NULL ? text : "");
      return;
    }
  answer.topic_size = 0;
  message = mqtt_message_make (wire, &answer, ask, id, NULL);
  hein_wire_deliver (wire, message);
}

/* What is retained was asked long ago. */
gboolean
mqtt_ask_is_request (HeinWire *wire, const MqttPublish *publish)
{
  return mqtt_ask_has_response_topic (publish) && !publish->is_retained &&
         hein_wire_serves (wire, publish->topic, publish->topic_size);
}

void
mqtt_ask_take_request (HeinWire *wire, const MqttPublish *publish)
{
  g_autoptr (GBytes) path = dup_path (publish);
  g_autoptr (HeinMessage) request =
    mqtt_message_make (wire, publish, HEIN_ASK_REQUEST, 0, path);

  hein_wire_deliver (wire, request);
}

void
mqtt_ask_acknowledged (HeinWire *wire,
                       guint64 id,
                       guint8 reason,
                       const MqttProperties *properties)
{
  g_autoptr (GError) error = NULL;

  if (reason == MQTT_SUCCESS || !hein_wire_awaits (wire, id))
    return;
  if (reason == MQTT_NO_MATCHING_SUBSCRIBERS || reason == MQTT_PASSED_OVER)
    error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_NOT_SERVED,
                                 "nobody has subscribed to the topic, and so "
                                 "nobody serves it");
  else
    error =
      mqtt_reason_make_error (reason, properties, "the request is refused");
  hein_broker_tell_ask (wire, HEIN_ASK_REFUSAL, id, error->code,
                        error->message);
}
