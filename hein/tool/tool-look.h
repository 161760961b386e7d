/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-control.h"
#include "tool-options.h"
#include "tool-table.h"

/* What the commands that look into running buses have in common. */

G_BEGIN_DECLS

typedef struct
{
  /* options */
  gboolean is_json;
  double timeout_s;

  GPtrArray *controls; /* owned ToolControl */
  gint64 end_us;       /* until when they may answer */
} ToolLook;

#define TOOL_LOOK_N_OPTIONS 3
void tool_look_fill_options (ToolLook *self, GOptionEntry *entries);
/* Finds the buses that the first of at most @n_max arguments names, all
 * without. FALSE: there is none, and @status says how the command ends. */
gboolean tool_look_find (
  ToolLook *self, int n_max, int argc, char **argv, ToolStatus *status);
void tool_look_clear (ToolLook *self);
/* Appends the beginning of a JSON object: the process and its program. */
void tool_look_append_process (GString *text, const ToolControl *control);
/* Appends a line above what is said of a bus, for people, behind an empty one
 * unless it is the first. */
void tool_look_append_title (GString *text, const ToolControl *control);

G_END_DECLS
