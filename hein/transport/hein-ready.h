/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* When the signal `ready` is due. */

G_BEGIN_DECLS

/* Queues `ready`, once, when every endpoint is open and a peer is up. */
void hein_ready_check (HeinCore *self);

G_END_DECLS
