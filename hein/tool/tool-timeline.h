/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-trace.h"

/* A simulation as lines of text. */

G_BEGIN_DECLS

/* @with_bytes: also what goes over connections, not only what it means. */
char *tool_timeline_print (const ToolTrace *trace, gboolean with_bytes);
/* "host/bus", or the host alone where the bus is called like it, or is none;
 * empty: it happens to all. */
char *tool_timeline_dup_place (const char *host, const char *bus);

G_END_DECLS
