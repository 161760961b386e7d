/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-host.h"

/* Counting the messages that are dropped. */

G_BEGIN_DECLS

/* Returns the reason under which a message counts that is dropped for
 * @error. */
HeinDropReason hein_losses_get_reason (const GError *error);
void hein_losses_count (HeinLinkHost *self,
                        HeinPeer *peer,
                        HeinDropReason reason,
                        guint64 n_messages,
                        guint64 n_bytes);
/* Returns the one that came first of those not told yet, NULL when there is
 * none; to be freed with hein_drop_free. */
HeinDrop *hein_losses_take (HeinLinkHost *self);
void hein_drop_free (gpointer drop);
/* Messages to or from the peer that were dropped for @reason; for all of
 * them. */
guint64 hein_losses_get_n_dropped (HeinPeer *peer, HeinDropReason reason);
guint64 hein_losses_sum_dropped (HeinPeer *peer);
/* A message goes to the peer, or comes from it, without all that it says of
 * itself; how many there were. Thread: owner. */
void hein_losses_count_stripped (HeinPeer *peer);
gsize hein_losses_get_n_stripped (HeinPeer *peer);

G_END_DECLS
