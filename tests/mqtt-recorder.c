/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-recorder.h"

#include <string.h>

Recorder *
mqtt_recorder_new (MqttVersion version)
{
  Recorder *self =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", version, NULL), TRUE,
                  "spock", NULL);

  self->is_busy = TRUE;
  return self;
}

HeinMqtt *
mqtt_recorder_new_broker (const char *option, const char *value)
{
  HeinMqtt *self = g_object_new (HEIN_TYPE_MQTT, option, value, NULL);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GError) error = NULL;

  HEIN_PROTOCOL_GET_CLASS (self)->prepare (HEIN_PROTOCOL (self),
                                           HEIN_ROLE_LISTEN, &secrecy, &error);
  g_assert_no_error (error);
  return self;
}

Recorder *
mqtt_recorder_accept (HeinMqtt *broker)
{
  HeinMqtt *protocol =
    g_object_new (HEIN_TYPE_MQTT, "users-file", broker->users_file, "relay",
                  broker->relays, NULL);
  Recorder *self;

  HEIN_PROTOCOL_GET_CLASS (protocol)->join (HEIN_PROTOCOL (protocol),
                                            HEIN_PROTOCOL (broker));
  self = recorder_new (HEIN_PROTOCOL (protocol), FALSE, "spock", NULL);
  self->is_busy = TRUE;
  return self;
}

Recorder *
mqtt_recorder_accept_as (HeinMqtt *broker, const char *id, MqttVersion version)
{
  const gboolean is_new = version == MQTT_VERSION_5;
  const guint8 head[] = {
    0x10, 12 + is_new + strlen (id), 0, 4, 'M', 'Q', 'T', 'T', version, 2, 0, 10
  };
  const guint8 rest[] = { 0, 0, strlen (id) };
  Recorder *self = mqtt_recorder_accept (broker);

  recorder_feed (self, head, sizeof head);
  recorder_feed (self, rest + !is_new, sizeof rest - !is_new);
  recorder_feed (self, (const guint8 *) id, strlen (id));
  g_assert_no_error (self->failure);
  g_assert_true (self->is_ready);
  mqtt_recorder_subscribe (self, "", TRUE);
  mqtt_recorder_forget (self);
  return self;
}

void
mqtt_recorder_leave (Recorder *self)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->leaving (self->protocol, self->wire);
}

void
mqtt_recorder_forget (Recorder *self)
{
  g_bytes_unref (recorder_take_written (self));
}

void
mqtt_recorder_subscribe (Recorder *self, const char *prefix, gboolean wanted)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->subscription (self->protocol, self->wire, prefix, wanted);
}

Recorder *
mqtt_recorder_open (MqttVersion version)
{
  Recorder *self = mqtt_recorder_new (version);

  if (version == MQTT_VERSION_3_1_1)
    FEED (self, CONNACK);
  else
    FEED (self, CONNACK_5);
  g_assert_no_error (self->failure);
  g_assert_true (self->is_ready);
  mqtt_recorder_subscribe (self, "", TRUE);
  if (version == MQTT_VERSION_3_1_1)
    FEED (self, "\x90\x03\0\1\1");
  else
    FEED (self, "\x90\x04\0\1\0\1");
  g_assert_no_error (self->failure);
  mqtt_recorder_forget (self);
  return self;
}

gboolean
mqtt_recorder_ask (Recorder *self,
                   const char *topic,
                   HeinMessageAttributes attributes,
                   const char *payload,
                   GError **error)
{
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data (topic, &attributes,
                                      (const guint8 *) payload,
                                      strlen (payload), NULL);

  return recorder_encode (self, message, error);
}

const HeinMessageAttributes *
mqtt_recorder_get_attributes (Recorder *self, guint index)
{
  HeinMessageView view;

  g_assert_cmpuint (index, <, self->delivered->len);
  hein_message_peek (g_ptr_array_index (self->delivered, index), &view);
  g_assert_nonnull (view.attributes);
  return view.attributes;
}
