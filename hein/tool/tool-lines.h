/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Reading lines from standard input without blocking. */

typedef struct
{
  int fd;
  char *buffer;
  gsize size;
  gsize begin; /* of the bytes that have not been taken */
  gsize end;
  gsize scanned; /* there is no newline before this position */
  gsize max_size;
  guint64 n_lines;
  gboolean is_at_end;
  guint watch_id;
} ToolLines;

void tool_lines_init (ToolLines *self, int fd, gsize max_size);
void tool_lines_clear (ToolLines *self);
/* Returns the next line without its newline, valid until the next call; NULL
 * when no line is complete. */
const char *tool_lines_take (ToolLines *self, gsize *size);
/* Reads what is available, without waiting. FALSE at the end, or with
 * @error. */
gboolean tool_lines_fill (ToolLines *self, GError **error);
/* Wakes the main loop once when there is something to read. */
void tool_lines_watch (ToolLines *self);

G_END_DECLS
