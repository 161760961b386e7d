/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"
#include "nats-state.h"

G_BEGIN_DECLS

/* Checks the options of an address. */
gboolean nats_connect_check (HeinNats *self, GError **error);
/* INFO has come: the first one is answered by CONNECT. */
gboolean nats_connect_take_info (HeinNats *self,
                                 HeinWire *wire,
                                 const NatsSpan *json,
                                 GError **error);
/* The server has taken CONNECT. */
void nats_connect_end (HeinNats *self, HeinWire *wire);
/* TLS has begun behind INFO. */
void nats_connect_go_on (HeinNats *self, HeinWire *wire);

G_END_DECLS
