/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Closing a bus and taking it apart. */

G_BEGIN_DECLS

/* Tears down a bus that lost its last reference elsewhere, and drops the
 * reference that kept it alive until its owner could do that. To be called by
 * the owner while no function of the bus is on the stack. */
void hein_bus_bury (HeinBus *self);
void hein_bus_tear_down (HeinBus *self);
void hein_bus_begin_close (HeinBus *self);
/* The simulation is over in which the bus was made: closes it, without any of
 * its connections. @is_told: what that ends is told by whoever turns it from
 * now on; else nobody does. */
void hein_bus_leave_world (HeinBus *self, gboolean is_told);
/* Makes every later send fail with CLOSED. Thread: any. */
void hein_bus_refuse_sends (HeinBus *self);
/* Completes pending close_async calls once no link and no endpoint is left. */
void hein_bus_check_closed (HeinBus *self);

G_END_DECLS
