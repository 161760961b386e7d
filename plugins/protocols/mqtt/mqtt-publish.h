/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-packet.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* PUBLISH has come. */
gboolean mqtt_publish_take (HeinMqtt *self,
                            HeinWire *wire,
                            guint8 flags,
                            MqttReader *reader,
                            GError **error);
/* PUBACK has come. */
gboolean mqtt_publish_take_ack (HeinMqtt *self,
                                HeinWire *wire,
                                MqttReader *reader,
                                GError **error);
G_END_DECLS
