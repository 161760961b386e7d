/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* The turn of a bus, and the GSource that makes it. */

G_BEGIN_DECLS

GSource *hein_turn_source_new (HeinBus *self);
void hein_turn_run (HeinBus *self, int timeout_ms);
/* Whether a turn that begins now, or that waits, would do something without an
 * event. */
gboolean hein_turn_has_work (HeinBus *self);
/* Makes the descriptor of the bus readable when there is work for a turn, so
 * that a program that polls the descriptor calls hein_bus_turn. To be called
 * after whatever changed the bus outside of a turn. */
void hein_turn_settle (HeinBus *self);
/* For tests, outside of a turn: whether no work is pending, or something (the
 * descriptor or the GSource) is bound to start a turn for it. */
gboolean hein_turn_is_settled (HeinBus *self);

G_END_DECLS
