/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

/* @self is zero but for `funcs` and `host.funcs`. */
void hein_core_init (HeinCore *self, HeinBus *bus);
/* The links are gone: nothing runs any more, and what they shared is freed. */
void hein_core_close_engine (HeinCore *self);
/* The engine is closed. */
void hein_core_clear (HeinCore *self);

G_END_DECLS
