/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-message.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* The beginning of a connection that a client has made. */

/* Checks the options of a listener. */
gboolean
mqtt_accept_check (HeinMqtt *self, HeinSecrecy *secrecy, GError **error);
/* CONNECT has come. FALSE with @error: the client is refused, and has been told. */
gboolean mqtt_accept_take (HeinMqtt *self,
                           HeinWire *wire,
                           MqttReader *reader,
                           GError **error);
/* Reads the part of CONNECT that is the will, whose QoS is elsewhere. */
gboolean mqtt_accept_read_will (HeinMqtt *self,
                                MqttReader *reader,
                                MqttPublish *will,
                                GError **error);
/* The bus has decided about its name. @refusal: nullable. */
void
mqtt_accept_admitted (HeinMqtt *self, HeinWire *wire, const GError *refusal);

G_END_DECLS
