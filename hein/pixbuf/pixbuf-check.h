/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * What is looked at before a decoder sees the bytes of a peer: what decoders
 * let pass, or spend memory and time on that no picture needs.
 */

gboolean pixbuf_is_png (const guint8 *data, gsize size);
gboolean pixbuf_is_jpeg (const guint8 *data, gsize size);

/* The PNG with only those chunks that say what its pixels are. (transfer
 * full) */
GBytes *pixbuf_check_png (const guint8 *data, gsize size, GError **error);
/* The JPEG, up to its end marker. (transfer full) */
GBytes *pixbuf_check_jpeg (const guint8 *data, gsize size, GError **error);
