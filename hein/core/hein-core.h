/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* Setting up the core of a bus, and freeing it. */

G_BEGIN_DECLS

/* Initialises @self, which is zeroed except for `funcs` and `host.funcs`. */
void hein_core_init (HeinCore *self, HeinBus *bus);
/* To be called at the end of a turn while there are spare blocks
 * (hein-block.h): frees them in time, and at once those for which memory-limit
 * has no room. */
void hein_core_watch_spares (HeinCore *self);
/* Closes the loop and frees what links share. All links must be gone. */
void hein_core_close_engine (HeinCore *self);
/* Frees the rest, after hein_core_close_engine. */
void hein_core_clear (HeinCore *self);

G_END_DECLS
