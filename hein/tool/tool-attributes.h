/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* The options --attribute, --expires and --priority. */

G_BEGIN_DECLS

typedef struct
{
  char **pairs; /* owned: NAME=VALUE, nullable */
  int expires_ms;
  char *priority; /* owned, nullable */
} ToolAttributes;

/* Complains about what is wrong with them, and returns FALSE. */
gboolean tool_attributes_check (const ToolAttributes *self);
/* Gives them, which were checked, to a new message. */
void tool_attributes_set (const ToolAttributes *self, HeinMessage *message);
void tool_attributes_clear (ToolAttributes *self);
/* Says when the peer got messages without them. */
void tool_attributes_complain (HeinPeer *peer);

G_END_DECLS
