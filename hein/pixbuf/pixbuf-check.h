/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Checks on the bytes of a peer before a decoder gets them: for what decoders
 * accept, or spend memory and time on, although no picture needs it.
 */

gboolean pixbuf_is_png (const guint8 *data, gsize size);
gboolean pixbuf_is_jpeg (const guint8 *data, gsize size);

/* Returns the PNG with only those chunks that describe its pixels. (transfer
 * full) */
GBytes *pixbuf_check_png (const guint8 *data, gsize size, GError **error);
/* Returns the JPEG, up to its end marker. (transfer full) */
GBytes *pixbuf_check_jpeg (const guint8 *data, gsize size, GError **error);
