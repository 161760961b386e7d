/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

/* Takes in packets. Returns how many bytes were used, -1 with @error. */
gssize mqtt_receive (HeinMqtt *self,
                     HeinWire *wire,
                     const guint8 *data,
                     gsize size,
                     GError **error);

G_END_DECLS
