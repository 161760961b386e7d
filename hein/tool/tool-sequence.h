/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-trace.h"

/* A simulation as a picture: a line downward for each bus, and an arrow for
 * each message. */

G_BEGIN_DECLS

/* How many events are drawn: those at the end. */
#define TOOL_SEQUENCE_MAX 300

/* Returns a document of SVG. */
char *tool_sequence_draw (const ToolTrace *trace);

G_END_DECLS
