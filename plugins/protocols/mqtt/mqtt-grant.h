/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-packet.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* What clients subscribe to. */

/* SUBSCRIBE has come. */
gboolean mqtt_grant_take (HeinMqtt *self,
                          HeinWire *wire,
                          MqttReader *reader,
                          GError **error);
/* UNSUBSCRIBE has come. */
gboolean mqtt_grant_take_back (HeinMqtt *self,
                               HeinWire *wire,
                               MqttReader *reader,
                               GError **error);

G_END_DECLS
