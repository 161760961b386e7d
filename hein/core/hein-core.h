/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

/* @self is zero but for `funcs` and `host.funcs`. */
void hein_core_init (HeinCore *self, HeinBus *bus);
/* Its links are gone. */
void hein_core_clear (HeinCore *self);

G_END_DECLS
