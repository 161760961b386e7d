/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-session.h"

G_BEGIN_DECLS

/* Who hears what `hein send` sends. */

typedef struct
{
  ToolSession *session; /* borrowed */
  char *to;             /* owned, nullable: the peer that it is for */
  int wait_peers;       /* how many are needed; negative: not given */
  gboolean has_sent;    /* a message, to whoever was there */
  guint hint_id;
  guint nobody_id;
  gboolean has_hinted;
} ToolAudience;

/* Returns whether there is a medium that reaches everybody at once, with the
 * given answer to whether only known peers can hear it. */
gboolean tool_audience_has_medium (ToolAudience *self, gboolean knows_peers);
/* Returns whether those are there that the user wants. */
gboolean tool_audience_is_there (ToolAudience *self);
/* Says, once, that who is there takes no messages. */
void tool_audience_complain (ToolAudience *self);
/* Hints at the reason when the command waits for something that may never
 * come. */
void tool_audience_plan_hint (ToolAudience *self);
/* Gives up when nobody is there, unless the user has said how long to wait, or
 * for how many peers. */
void tool_audience_plan_nobody (ToolAudience *self);
void tool_audience_clear (ToolAudience *self);

G_END_DECLS
