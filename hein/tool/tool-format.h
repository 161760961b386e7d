/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The output formats of messages. */

typedef void (*ToolFormat) (GString *text, HeinMessage *message);

/* Finds a format by name; NULL when there is none of that name. */
ToolFormat tool_format_find (const char *name);
/* Whether the format has a place for the time. */
gboolean tool_format_has_time (ToolFormat format);
/* The same as the format does, with the time at which the message came. */
void
tool_format_with_time (ToolFormat format, GString *text, HeinMessage *message);

G_END_DECLS
