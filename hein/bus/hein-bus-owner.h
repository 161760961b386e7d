/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* What is to be given to hein_bus_end_turn; NULL with @error
 * where the bus cannot be turned. The thread that gets the context may: a bus
 * that was made on one thread can so be handed to another. */
GMainContext *hein_bus_begin_turn (HeinBus *self, GError **error);
/* Makes the calling thread the owner, when the old one is not at work on the
 * bus. It has acquired the context of the bus. */
void hein_bus_take_over (HeinBus *self);
/* Makes the calling thread the owner, unless another one is at it: then NULL. What
 * it returns is to be given to hein_bus_end_turn. */
GMainContext *hein_bus_take_context (HeinBus *self, GError **error);
/* The same for taking it apart: NULL where its owner has to do that. */
GMainContext *hein_bus_begin_dispose (HeinBus *self);
void hein_bus_end_turn (HeinBus *self, GMainContext *context);

G_END_DECLS
