/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-packet.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* What a client sends, and its end. */

/* Decides from the header alone, before anything is waited for. */
gboolean mqtt_serve_check_header (HeinMqtt *self,
                                  HeinWire *wire,
                                  const MqttHeader *header,
                                  GError **error);
gboolean mqtt_serve_take (HeinMqtt *self,
                          HeinWire *wire,
                          const MqttHeader *header,
                          MqttReader *reader,
                          GError **error);
/* It leaves: says its will, unless it has said goodbye. */
void mqtt_serve_tick (HeinMqtt *self, HeinWire *wire);
void mqtt_serve_leave (HeinMqtt *self, HeinWire *wire);

MqttClient *mqtt_serve_new_client (MqttBroker *broker);
void mqtt_serve_free_client (HeinMqtt *self);

G_END_DECLS
