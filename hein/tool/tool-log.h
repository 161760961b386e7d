/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* What is logged goes to <prefix>_<date>.log, too, line by line with the first
 * five characters of @name; missing folders are made. @is_verbose: what hein
 * has to say of level info also goes to standard error, as plain lines. Call it
 * once; @prefix NULL: no file. FALSE: it has complained. */
gboolean
tool_log_open (const char *prefix, const char *name, gboolean is_verbose);

G_END_DECLS
