/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-lines.h"

G_BEGIN_DECLS

/* What `send` is to send. */

typedef enum
{
  TOOL_SOURCE_TEXT,
  TOOL_SOURCE_FILE,
  TOOL_SOURCE_LINES
} ToolSourceKind;

typedef struct
{
  GArray *sources;
  guint at;
  gboolean is_endless;
  int n_passes_left;
  const char *topic; /* borrowed, nullable */
  const char *type;  /* the same: of the content */
  gsize max_size;
  ToolLines lines;
} ToolQueue;

void tool_queue_init (ToolQueue *self);
void tool_queue_clear (ToolQueue *self);
/* @text is borrowed. */
void tool_queue_add (ToolQueue *self, ToolSourceKind kind, const char *text);
/* @n_passes 0: for ever. @topic and @type are borrowed. */
void tool_queue_start (ToolQueue *self,
                       const char *topic,
                       const char *type,
                       int n_passes,
                       gsize max_size);
/* Nothing is left, and nothing will come. */
gboolean tool_queue_is_empty (ToolQueue *self);
/* NULL without an error when there is nothing now, or nothing any more. */
HeinMessage *tool_queue_take (ToolQueue *self, GError **error);
/* Makes the main loop turn when standard input has more, if that is next. */
void tool_queue_watch (ToolQueue *self);

G_END_DECLS
