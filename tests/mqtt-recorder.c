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
