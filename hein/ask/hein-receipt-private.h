/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-peer.h>
#include <hein/hein-receipt.h>

/* Making receipts, which do not change once their call has ended. */

G_BEGIN_DECLS

HeinReceipt *hein_receipt_new (guint n_peers);
/* Sets what became of the message at a peer, once for each index. Takes
 * ownership of @error, NULL for what was acknowledged. @peer is NULL when none
 * was found. */
void hein_receipt_set (HeinReceipt *self,
                       guint index,
                       HeinPeer *peer,
                       HeinOutcome outcome,
                       GError *error);

G_END_DECLS
