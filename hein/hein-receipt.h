/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinReceipt: what became of a message that was delivered. */

G_BEGIN_DECLS

#define HEIN_TYPE_RECEIPT (hein_receipt_get_type ())

HEIN_API
GType hein_receipt_get_type (void) G_GNUC_CONST;

HEIN_API
HeinReceipt *hein_receipt_ref (HeinReceipt *self);
HEIN_API
void hein_receipt_unref (HeinReceipt *self);

HEIN_API
gboolean hein_receipt_check (HeinReceipt *self, GError **error);
HEIN_API
guint hein_receipt_get_n_acknowledged (HeinReceipt *self);
HEIN_API
guint hein_receipt_get_n_failed (HeinReceipt *self);
HEIN_API
guint hein_receipt_get_n_unknown (HeinReceipt *self);
HEIN_API
guint hein_receipt_get_n_peers (HeinReceipt *self);
HEIN_API
HeinPeer *hein_receipt_get_peer (HeinReceipt *self, guint index);
HEIN_API
HeinOutcome hein_receipt_get_outcome (HeinReceipt *self, guint index);
HEIN_API
const GError *hein_receipt_get_error (HeinReceipt *self, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinReceipt, hein_receipt_unref)

G_END_DECLS
