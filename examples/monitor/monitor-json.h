/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* JSON of strangers, written so that it can be read. */

G_BEGIN_DECLS

/* Puts each member on a line of its own. NULL: @text is not an object or array
 * of JSON. Numbers and strings stay as they are, to the last digit. */
char *monitor_json_dup_pretty (const char *text, gsize size);

G_END_DECLS
