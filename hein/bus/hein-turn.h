/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

GSource *hein_turn_source_new (HeinBus *self);
void hein_turn_run (HeinBus *self, int timeout_ms);
/* Outside of a turn, after something was done to the bus: who polls its
 * descriptor has it turned when something is left to do. */
void hein_turn_settle (HeinBus *self);
/* For tests: whether nothing is left to do, or the descriptor is readable, or a
 * turn follows of itself. Outside of a turn. */
gboolean hein_turn_is_settled (HeinBus *self);

G_END_DECLS
