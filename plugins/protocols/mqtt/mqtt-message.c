/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-message.h"

#include "broker/hein-broker.h"

/* From a packet to a message of hein. */

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
  if (!ok && wire != NULL)
    hein_wire_drop_attributes (wire);
}

HeinMessage *
mqtt_message_make (HeinWire *wire,
                   const MqttPublish *publish,
                   HeinAsk ask,
                   guint64 number,
                   GBytes *return_path)
{
  const MqttText said = publish->properties.content_type;
  g_autofree char *content_type = NULL;
  HeinMessageAttributes attributes = { .ask = ask, .ask_id = number };
  HeinMessage *message;

  /* hein's own types are no longer */
  if (said.size > 0 && said.size <= 255)
    content_type = g_strndup (said.text, said.size);
  attributes.content_type = content_type;
  if (ask == HEIN_ASK_DELIVERY || ask == HEIN_ASK_REQUEST)
    attributes.ask_number = get_left_ms (&publish->properties);
  message =
    hein_broker_make_message (publish->topic, publish->topic_size, &attributes,
                              publish->payload, publish->size, return_path);
  add_more (wire, &publish->properties, message);
  return message;
}
