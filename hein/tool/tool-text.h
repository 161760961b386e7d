/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Escaping text for terminals. */

G_BEGIN_DECLS

/* Appends text that is safe for a terminal: control characters, invalid UTF-8,
 * and characters that change the direction of writing become \n, \t, \\ or
 * \xNN. */
void tool_text_append (GString *text, const char *data, gsize size);
void tool_text_append_hex (GString *text, const guint8 *data, gsize size);
/* Returns whether a character may be printed as it is. */
gboolean tool_text_is_plain (gunichar c);

G_END_DECLS
