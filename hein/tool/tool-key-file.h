/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Files of keys that are made; none is ever overwritten. What returns an int returns
 * what the program ends with. */

/* Makes a new file of @mode, which outlives a crash; complains when it cannot. */
int tool_key_file_make (const char *path, const char *text, guint mode);
/* FALSE with errno: not all was written. */
gboolean tool_key_file_write (int fd, const char *text, gsize size);
/* Says what errno means for @path. */
int tool_key_file_complain (const char *path, const char *what);
