/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "core/hein-subscriptions.h"

/* Telling peers what the bus has subscribed to. */

G_BEGIN_DECLS

/* Tells the peer of a new connection everything. */
void hein_announcer_begin (HeinLink *link);
/* Tell all peers what has changed, which has been written down already.
 * @was_empty: the bus had subscribed to nothing before; the removals look at
 * whether it is so now. */
void
hein_announcer_add (HeinCore *self, const char *prefix, gboolean was_empty);
void hein_announcer_remove (HeinCore *self, const char *prefix);
void hein_announcer_add_pattern (HeinCore *self,
                                 const char *pattern,
                                 const HeinPatternChange *change,
                                 gboolean was_empty);
void hein_announcer_remove_pattern (HeinCore *self,
                                    const char *pattern,
                                    const HeinPatternChange *change);
/* Asks the peer to confirm what it was told. FALSE: there is nothing to wait
 * for: the subscriptions matter here alone, or are on their way to a peer that
 * confirms nothing. */
gboolean hein_announcer_ask (HeinLink *link, guint number);

G_END_DECLS
