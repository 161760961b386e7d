/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

G_BEGIN_DECLS

/* What its timer does. */
void hein_link_expire (HeinTimer *timer, gint64 now_us);
/* Asks for a sign of life, and says how much was taken. */
void hein_link_ping (HeinLink *self);
void hein_link_tick (HeinLink *self, gint64 now_us);

G_END_DECLS
