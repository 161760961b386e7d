/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-bridge-state.h"

/* Messages on their way from one bus to the other. */

G_BEGIN_DECLS

/* Waits for the next message, and passes it on. */
void hein_bridge_wait (HeinBridge *self);

G_END_DECLS
