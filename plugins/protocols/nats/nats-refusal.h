/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"
#include "nats-state.h"

G_BEGIN_DECLS

/* -ERR has come. TRUE: the connection goes on; FALSE with @error: why it ends. */
gboolean nats_refusal_take (HeinNats *self,
                            HeinWire *wire,
                            const NatsSpan *said,
                            GError **error);

G_END_DECLS
