/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The line on a terminal that says how far a long command has come. */

G_BEGIN_DECLS

/* Whether standard error is a terminal that can clear a line. */
gboolean tool_progress_is_wanted (void);
/* Replaces the line by another one; nothing where none is wanted. The text
 * comes from nobody else: it is not escaped. */
void tool_progress_show (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* The same, behind "1 peer, 5 messages". */
void tool_progress_show_counts (guint n_peers,
                                guint64 n_messages,
                                const char *format,
                                ...) G_GNUC_PRINTF (3, 4);
/* Takes the line away, so that something else can be printed. */
void tool_progress_hide (void);

G_END_DECLS
