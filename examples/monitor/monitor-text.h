/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What strangers send, and numbers, as text that may be shown. */

G_BEGIN_DECLS

/* Bytes that need not be UTF-8; what would not be seen, or would turn the text
 * around, becomes U+FFFD. @keeps_lines: line ends and tabs stay. */
char *
monitor_text_dup_printable (const char *text, gsize size, gboolean keeps_lines);
/* The beginning of each line of bytes in hexadecimal, as of hexdump -C. */
char *monitor_text_dup_hex (const guint8 *data, gsize size);

/* Such as 940, 1.2k, 3.4M. */
char *monitor_text_dup_number (double value);
char *monitor_text_dup_size (guint64 bytes);
/* The value that the whole text is, in the locale C. */
gboolean monitor_text_read_number (const char *text, gsize size, double *value);

G_END_DECLS
