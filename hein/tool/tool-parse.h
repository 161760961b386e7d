/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Reading messages from JSON, as `hein receive --format json` writes them. */

G_BEGIN_DECLS

/* Makes a message of an object; what it does not know it passes over.
 * @default_topic, @default_type: nullable, where the object says nothing.
 * @time_us: its time, of g_get_real_time(); 0: it has none. NULL with @error:
 * it is no message. */
HeinMessage *tool_parse_message (const char *data,
                                 gsize size,
                                 const char *default_topic,
                                 const char *default_type,
                                 gint64 *time_us,
                                 GError **error);

G_END_DECLS
