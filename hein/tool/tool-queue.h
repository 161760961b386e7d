/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-lines.h"

G_BEGIN_DECLS

/* The messages that `hein send` has still to send. */

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
  const char *type;  /* borrowed, nullable: content type */
  gsize max_size;
  gboolean is_json; /* each text, or line, is a message in JSON */
  gint64 time_us;   /* of the message that was taken last; 0: it has none */
  ToolLines lines;
} ToolQueue;

void tool_queue_init (ToolQueue *self);
void tool_queue_clear (ToolQueue *self);
/* Adds a source of messages; @text is borrowed. */
void tool_queue_add (ToolQueue *self, ToolSourceKind kind, const char *text);
/* Starts with the first source. @n_passes: how often all sources are sent; 0:
 * for ever. @topic and @type are borrowed. */
void tool_queue_start (ToolQueue *self,
                       const char *topic,
                       const char *type,
                       int n_passes,
                       gsize max_size);
/* Returns whether nothing is left, and nothing more will come. */
gboolean tool_queue_is_empty (ToolQueue *self);
/* Returns the next message; NULL with @error, or NULL without an error when
 * there is none now or none any more. */
HeinMessage *tool_queue_take (ToolQueue *self, GError **error);
/* Wakes the main loop when standard input has more, if that is the next
 * source. */
void tool_queue_watch (ToolQueue *self);

G_END_DECLS
