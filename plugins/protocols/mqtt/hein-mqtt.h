/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

#define HEIN_TYPE_MQTT (hein_mqtt_get_type ())
G_DECLARE_FINAL_TYPE (HeinMqtt, hein_mqtt, HEIN, MQTT, HeinProtocol)

G_END_DECLS
