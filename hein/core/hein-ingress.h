/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

G_BEGIN_DECLS

/* From another thread. */
gboolean
hein_ingress_post (HeinCore *self, const HeinSending *sending, GError **error);
/* What the owner sends from now on goes behind what is in the ingress. */
void hein_ingress_fall_behind (HeinCore *self);
/* Of the owner, who is behind; see hein_send_call. Takes @call. */
void hein_ingress_post_call (HeinCore *self,
                             HeinCall *call,
                             const HeinSending *sending);
/* Takes in what was posted, until @end_us of the monotonic clock; FALSE when
 * there is more. */
gboolean hein_ingress_take_in (HeinCore *self, gint64 end_us);
/* The bus closes: nothing waits any more. */
void hein_ingress_close (HeinCore *self);

G_END_DECLS
