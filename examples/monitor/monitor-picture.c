/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-picture.h"

#include <hein-pixbuf/hein-pixbuf.h>

/* Decodes pictures in another thread: the window goes on meanwhile. */

static void
read_picture (GTask *task,
              gpointer source,
              gpointer message,
              GCancellable *cancellable)
{
  GError *error = NULL;
  g_autoptr (GdkPixbuf) pixbuf =
    hein_pixbuf_message_read (message, MONITOR_PICTURE_PIXELS_MAX, &error);

  if (pixbuf == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, gdk_texture_new_for_pixbuf (pixbuf),
                           g_object_unref);
}

void
monitor_picture_read_async (HeinMessage *message,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, monitor_picture_read_async);
  g_task_set_task_data (task, hein_message_ref (message),
                        (GDestroyNotify) hein_message_unref);
  g_task_run_in_thread (task, read_picture);
}

GdkTexture *
monitor_picture_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
