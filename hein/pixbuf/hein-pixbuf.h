/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <hein/hein.h>

/* Sending pictures as messages. */

G_BEGIN_DECLS

/**
 * HEIN_PIXBUF_MAX_PIXELS:
 *
 * The default maximum of pixels for [func@message_read]: 64 Mi.
 *
 * Since: 0.9
 */
#define HEIN_PIXBUF_MAX_PIXELS (64 * 1024 * 1024)

HEIN_API
HeinMessage *hein_pixbuf_message_new (const char *topic,
                                      GdkPixbuf *pixbuf,
                                      const char *content_type,
                                      int quality,
                                      GError **error);
HEIN_API
GdkPixbuf *hein_pixbuf_message_read (HeinMessage *message,
                                     guint max_pixels,
                                     GError **error);

G_END_DECLS
