/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

/* Leaving out what a peer sends beyond what the bus has subscribed to. */

G_BEGIN_DECLS

/* From now on. Has no effect when it has begun, or where the protocol has no
 * subscriptions: such peers send everything. */
void hein_link_filter_begin (HeinLink *self);

G_END_DECLS
