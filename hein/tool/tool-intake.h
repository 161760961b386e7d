/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-session.h"

/* Messages on their way from the bus to where a command puts them. While there
 * is no room, they stay in the inbox of the bus, which stops reading from its
 * peers when that is full. */

G_BEGIN_DECLS

typedef struct
{
  /* set by the command */
  ToolSession *session;
  void (*put) (gpointer user_data, GPtrArray *messages);
  gboolean (*has_room) (gpointer user_data);
  gpointer user_data;

  gulong handler_id; /* 0: messages stay in the inbox */
} ToolIntake;

/* Takes what has come, and goes on while there is room; FALSE: there is none,
 * or the command is over. */
gboolean tool_intake_pump (ToolIntake *self);
/* Takes no more. */
void tool_intake_stop (ToolIntake *self);

G_END_DECLS
