/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* What the core tells the bus of messages in its spool. */

G_BEGIN_DECLS

/* Emits `settled`. */
void hein_bus_tell_settled (HeinCore *core,
                            HeinMessage *message,
                            HeinReceipt *receipt);

G_END_DECLS
