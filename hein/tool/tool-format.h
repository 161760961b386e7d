/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The output formats of messages. */

typedef void (*ToolFormat) (GString *text, HeinMessage *message);

/* Finds a format by name; NULL when there is none of that name. */
ToolFormat tool_format_find (const char *name);

G_END_DECLS
