/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-transport.h>

#include "hein-core-state.h"

/* What a bus has subscribed to, for other buses of its process. */

G_BEGIN_DECLS

/* The subscriber of a bus, made when it is asked for. (transfer full) */
HeinSubscriber *hein_subscriber_of (HeinCore *core);
/* Any thread. Returns whether the bus wants messages of the topic, or is gone:
 * whoever sends to it then learns that. */
gboolean hein_subscriber_wants (HeinSubscriber *self,
                                const char *topic,
                                gsize topic_size);
/* The owner of the bus changes its subscriptions between these two. */
void hein_subscriber_begin_change (HeinCore *core);
void hein_subscriber_end_change (HeinCore *core);
/* The bus goes. */
void hein_subscriber_detach (HeinCore *core);

G_END_DECLS
