/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-status.h"

G_BEGIN_DECLS

/* Delivering messages, and saying what became of each. */

typedef struct
{
  gboolean is_json;
  guint64 n_begun;
  guint n_open;
  guint64 n_acknowledged;
  guint64 n_failed;
  guint64 n_unknown;
  ToolStatus status; /* of standard output */
} ToolReceipts;

/* Delivers to the peer @to, or by the strategy when that is NULL. FALSE with
 * WOULD_BLOCK: too many are open. @end_us: when the command ends; 0: never. */
gboolean tool_receipts_deliver (ToolReceipts *self,
                                HeinBus *bus,
                                const char *to,
                                HeinMessage *message,
                                gint64 end_us,
                                GError **error);
/* Says what became of a message of a spool, which is known by its id. */
void
tool_receipts_tell (ToolReceipts *self, const char *id, HeinReceipt *receipt);
/* Appends the numbers to a summary. */
void tool_receipts_append (ToolReceipts *self, GString *json);
/* Returns what it comes to when all have ended. */
ToolStatus tool_receipts_get_status (ToolReceipts *self);

G_END_DECLS
