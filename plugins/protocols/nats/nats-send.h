/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-state.h"

G_BEGIN_DECLS

/* Puts a message. */
gboolean nats_send (HeinNats *self,
                    HeinWire *wire,
                    HeinMessage *message,
                    GError **error);
/* Returns the number of the PING. */
guint64 nats_send_ping (HeinNats *self, HeinWire *wire);
/* Asks whether what was sent has been taken; returns when to call it again. */
gint64 nats_send_tick (HeinNats *self, HeinWire *wire, gint64 now_us);
/* A PONG has come, which answers something. */
void nats_send_take_pong (HeinNats *self, HeinWire *wire);

G_END_DECLS
