/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Making key files, without ever overwriting one. Functions that return an int
 * return the exit code of the program. */

/* Makes a file of @mode and syncs it to the disk; complains when that fails. */
int tool_key_file_make (const char *path, const char *text, guint mode);
/* Prints what errno means for @path. */
int tool_key_file_complain (const char *path, const char *what);
