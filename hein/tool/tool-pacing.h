/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* When `hein send` sends the next message. */

typedef struct
{
  double interval_s;   /* of --interval */
  gboolean keeps_time; /* the distances of the messages' own times */
  gint64 next_us;      /* when the next message may be sent; 0: now */
  guint pause_id;
  gint64 first_us;    /* the time of the first message; 0: there was none */
  gint64 start_at_us; /* when it was due, of the monotonic clock */
} ToolPacing;

/* Returns TRUE while a pause lasts, and arranges to wake at its
 * end. */
gboolean tool_pacing_is_pausing (ToolPacing *self);
/* Returns TRUE while the distance to the first message is less than it was, and
 * arranges to wake later. @time_us: the time of the next message; 0: it has
 * none. Time that goes back is no time at all. */
gboolean tool_pacing_is_early (ToolPacing *self, gint64 time_us);
void tool_pacing_note_sent (ToolPacing *self);
void tool_pacing_clear (ToolPacing *self);

G_END_DECLS
