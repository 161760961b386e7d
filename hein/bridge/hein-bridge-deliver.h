/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-bridge-state.h"

/* Deliveries that are delivered to the other side. */

G_BEGIN_DECLS

/* Delivers @copy, and tells the sender of @message what became of it. */
void
hein_bridge_deliver (HeinBridge *self, HeinMessage *message, HeinMessage *copy);

G_END_DECLS
