/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

/* Checks the options of an address. */
gboolean mqtt_connect_check (HeinMqtt *self, GError **error);
/* Chooses the version, and puts CONNECT; FALSE with @error when the password
 * cannot be read any more. */
gboolean mqtt_connect_put (HeinMqtt *self, HeinWire *wire, GError **error);
/* CONNACK has come. */
gboolean mqtt_connect_take_answer (HeinMqtt *self,
                                   HeinWire *wire,
                                   const guint8 *data,
                                   gsize size,
                                   GError **error);

G_END_DECLS
