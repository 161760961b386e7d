/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

/* Messages that other threads have sent. */

G_BEGIN_DECLS

/* Posts a message from any thread. */
gboolean
hein_ingress_post (HeinCore *self, const HeinSending *sending, GError **error);
/* Makes the owner's messages queue behind those in the ingress from now on. */
void hein_ingress_fall_behind (HeinCore *self);
/* Posts the message of an owner that is behind; see hein_send_call. Takes
 * ownership of @call. */
void hein_ingress_post_call (HeinCore *self,
                             HeinCall *call,
                             const HeinSending *sending);
/* Sends what was posted, until @end_us of the monotonic clock; FALSE when there
 * is more. */
gboolean hein_ingress_take_in (HeinCore *self, gint64 end_us);
/* Called when the bus is closed: nothing waits any more. */
void hein_ingress_close (HeinCore *self);

G_END_DECLS
