/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* The timer of a link: deadlines, heartbeats and ticks. */

G_BEGIN_DECLS

/* The function of the timer. */
void hein_link_expire (HeinTimer *timer, gint64 now_us);
/* Asks the peer for a sign of life, and reports how many messages were
 * taken. */
void hein_link_ping (HeinLink *self);
void hein_link_tick (HeinLink *self, gint64 now_us);

G_END_DECLS
