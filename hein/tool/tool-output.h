/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-status.h"

G_BEGIN_DECLS

/* Standard output that never stops the bus. */

typedef struct
{
  int fd;
  GString *buffer;
  gsize offset; /* what has been written of it */
  gboolean is_file;
  gboolean is_closed; /* nobody reads it any more */
  GError *error;
  guint watch_id;
} ToolOutput;

void tool_output_init (ToolOutput *self, int fd);
void tool_output_clear (ToolOutput *self);
/* Writes what can be written without waiting; TRUE when nothing is left. */
gboolean tool_output_flush (ToolOutput *self);
/* Makes the main loop turn once when there is room again. */
void tool_output_watch (ToolOutput *self);
/* Writes all of it, waiting; complains. */
ToolStatus tool_output_print (const char *text);

G_END_DECLS
