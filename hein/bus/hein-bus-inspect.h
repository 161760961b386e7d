/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Whether operators' tools may look into a bus. */

G_BEGIN_DECLS

/* Opens or closes the control socket of the bus. */
void hein_bus_set_inspectable (HeinBus *self, gboolean is_inspectable);
/* Opens it when the environment asks for it. */
void hein_bus_begin_inspect (HeinBus *self);

G_END_DECLS
