/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a simulation has written down of itself (HEIN_SIMULATION_TRACE). */

G_BEGIN_DECLS

/* Texts are NULL where an event has none. */
typedef struct
{
  gint64 time_us;
  gint64 since_us; /* when what arrives was sent; 0: at that time */
  char *kind;
  char *host;
  char *bus;
  char *other_host;
  char *other_bus;
  char *topic;
  char *text;
  guint64 size;
} ToolTraceEvent;

typedef struct
{
  guint64 seed;
  gboolean is_own;     /* the program chose the seed itself */
  guint n_simulations; /* in the file; this is the last one */
  GPtrArray *events;   /* owned ToolTraceEvent */
} ToolTrace;

/* Reads the last simulation of a file; NULL with @error: there is none. Lines
 * that are no events, such as one that was cut off, are passed over. */
ToolTrace *tool_trace_read (const char *path, GError **error);
void tool_trace_free (ToolTrace *self);
/* Whether it is about messages, peers and faults, rather than about bytes. */
gboolean tool_trace_event_is_plain (const ToolTraceEvent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolTrace, tool_trace_free)

G_END_DECLS
