/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Lines of standard input. */

typedef struct
{
  int fd;
  char *buffer;
  gsize size;
  gsize begin; /* of what has not been taken */
  gsize end;
  gsize scanned; /* no newline before it */
  gsize max_size;
  guint64 n_lines;
  gboolean is_at_end;
  guint watch_id;
} ToolLines;

void tool_lines_init (ToolLines *self, int fd, gsize max_size);
void tool_lines_clear (ToolLines *self);
/* The next line without its newline, until the next call; NULL when none is
 * complete. */
const char *tool_lines_take (ToolLines *self, gsize *size);
/* Reads what is there, without waiting. FALSE: nothing is, or @error. */
gboolean tool_lines_fill (ToolLines *self, GError **error);
/* Makes the main loop turn once when there is something to read. */
void tool_lines_watch (ToolLines *self);

G_END_DECLS
