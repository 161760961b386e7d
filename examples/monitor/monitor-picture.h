/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gdk/gdk.h>
#include <hein/hein.h>

/* Pictures of strangers, decoded in another thread. */

G_BEGIN_DECLS

/* A picture with more pixels is not shown: it would take 64 MiB. */
#define MONITOR_PICTURE_PIXELS_MAX (16 * 1024 * 1024)

void monitor_picture_read_async (HeinMessage *message,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GdkTexture *monitor_picture_read_finish (GAsyncResult *result, GError **error);

G_END_DECLS
