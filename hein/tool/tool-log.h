/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Logging to a file. */

G_BEGIN_DECLS

/* Logs to <prefix>_<date>.log as well, in lines that carry the first five
 * characters of @name; missing folders are made. @prefix NULL: no file.
 * @is_verbose: messages of the library at level info also go to standard error,
 * as plain lines. To be called once. FALSE: it failed, and has complained. */
gboolean
tool_log_open (const char *prefix, const char *name, gboolean is_verbose);

G_END_DECLS
