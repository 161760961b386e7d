/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* Nobody has it any more, and nothing of it is on the stack: now it goes. */
void hein_bus_bury (HeinBus *self);
void hein_bus_tear_down (HeinBus *self);
void hein_bus_begin_close (HeinBus *self);
/* Any thread. */
void hein_bus_refuse_sends (HeinBus *self);
/* Ends close_async calls when nothing is left. */
void hein_bus_check_closed (HeinBus *self);

G_END_DECLS
