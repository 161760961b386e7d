/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Appends what a terminal may get: controls, what is no UTF-8 and what turns
 * the direction of writing become \n, \t, \\ or \xNN. */
void tool_text_append (GString *text, const char *data, gsize size);
void tool_text_append_hex (GString *text, const guint8 *data, gsize size);
/* Whether a character may stand in output as it is. */
gboolean tool_text_is_plain (gunichar c);

G_END_DECLS
