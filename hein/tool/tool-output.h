/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-status.h"

G_BEGIN_DECLS

/* Writing to standard output without ever blocking the bus. */

typedef struct
{
  int fd;
  GString *buffer;
  gsize offset; /* how much of it has been written */
  gboolean is_file;
  gboolean is_closed; /* the reader is gone */
  GError *error;
  guint watch_id;
} ToolOutput;

void tool_output_init (ToolOutput *self, int fd);
void tool_output_clear (ToolOutput *self);
/* Writes what can be written without waiting; TRUE when nothing is left. */
gboolean tool_output_flush (ToolOutput *self);
/* Wakes the main loop once when there is room again. */
void tool_output_watch (ToolOutput *self);
/* Writes the whole text, blocking; complains when that fails. */
ToolStatus tool_output_print (const char *text);

G_END_DECLS
