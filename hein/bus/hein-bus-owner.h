/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Ownership of a bus: acquiring its main context, and with it the right to call
 * the functions that say "Thread: owner". */

G_BEGIN_DECLS

/* Acquires the context of the bus for a turn and makes the calling thread the
 * owner; this is how a bus made on one thread is handed to another. Returns the
 * context, to be passed to hein_bus_end_turn, or NULL with @error when the bus
 * is closed, within a turn, or turned by another thread. */
GMainContext *hein_bus_begin_turn (HeinBus *self, GError **error);
/* Makes the calling thread, which has acquired the context of the bus, the
 * owner. Waits until the previous owner has finished the call that it is in. */
void hein_bus_take_over (HeinBus *self);
/* Acquires the context of the bus and makes the calling thread the owner.
 * Returns the context, to be passed to hein_bus_end_turn, or NULL with @error
 * while another thread has it. */
GMainContext *hein_bus_take_context (HeinBus *self, GError **error);
/* Like hein_bus_take_context, but for disposing of the bus: NULL when only its
 * owner, at the end of a turn, can do that. */
GMainContext *hein_bus_begin_dispose (HeinBus *self);
void hein_bus_end_turn (GMainContext *context);

G_END_DECLS
