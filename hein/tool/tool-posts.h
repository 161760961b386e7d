/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-receipts.h"

G_BEGIN_DECLS

/* Messages that go by way of a spool, from where a later command goes on. */

typedef struct
{
  char *path;             /* owned; NULL: there is no spool */
  ToolReceipts *receipts; /* borrowed */
  guint n_open;           /* that are not on the disk yet */
  GQueue row;             /* owned HeinMessage: there was no room for them */
  gboolean is_full;
  gboolean has_failed;
  guint64 n_lost_before; /* when the spool was opened, which has been told */
} ToolPosts;

/* Opens the spool. FALSE: it failed, and has complained. */
gboolean tool_posts_open (ToolPosts *self, HeinBus *bus);
/* Posts a message, as tool_receipts_deliver delivers it. */
gboolean tool_posts_post (ToolPosts *self,
                          HeinBus *bus,
                          const char *to,
                          HeinMessage *message,
                          GError **error);
/* Posts again what there was no room for. Returns whether nothing is left in
 * the spool. */
gboolean tool_posts_go_on (ToolPosts *self, HeinBus *bus, const char *to);
/* Complains of what was posted, and could not be read to be delivered. Returns
 * whether all was accepted and read. */
gboolean tool_posts_check (ToolPosts *self, HeinBus *bus);
void tool_posts_clear (ToolPosts *self);

G_END_DECLS
