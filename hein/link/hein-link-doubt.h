/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

G_BEGIN_DECLS

/* It has written a lot since the last mark. */
void hein_link_mark_written (HeinLink *self);
/* Messages of this connection whose bytes have all gone out. */
guint64 hein_link_count_sent (HeinLink *self);
void hein_link_set_confirmed (HeinLink *self, guint64 n);
/* How many messages of the peer have come, and are accounted for here. */
guint64 hein_link_count_taken (HeinLink *self);
/* For protocols that know: see hein_wire_set_in_doubt(). */
void
hein_link_set_in_doubt (HeinLink *self, guint64 n_messages, guint64 n_bytes);
/* Before the stream is closed. */
void hein_link_review_doubt (HeinLink *self);
/* Messages that went out, and of which nobody knows whether they arrived. */
guint64 hein_link_count_doubt (HeinLink *self);
/* They are counted, before the peer leaves the bus, which tells why. */
void hein_link_settle_doubt (HeinLink *self);

G_END_DECLS
