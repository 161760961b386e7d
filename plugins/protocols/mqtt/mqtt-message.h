/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-properties.h"

G_BEGIN_DECLS

/* A message, within its packet. */
typedef struct
{
  guint8 qos;
  const char *topic; /* not terminated */
  gsize topic_size;
  guint16 packet_id;
  MqttProperties properties;
  gboolean is_retained;
  const guint8 *payload;
  gsize size;
} MqttPublish;

/* Makes the message of hein, with all that its properties say. @wire: counts what
 * cannot be had; nullable. @ask and @number: see HeinMessageAttributes.
 * @return_path: where its answer goes; nullable. (transfer full) */
HeinMessage *mqtt_message_make (HeinWire *wire,
                                const MqttPublish *publish,
                                HeinAsk ask,
                                guint64 number,
                                GBytes *return_path);

G_END_DECLS
