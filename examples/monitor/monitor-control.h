/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* A connection to the control socket of a bus on this machine. */

G_BEGIN_DECLS

#define MONITOR_TYPE_CONTROL (monitor_control_get_type ())
G_DECLARE_FINAL_TYPE (
  MonitorControl, monitor_control, MONITOR, CONTROL, GObject)

/* The folder of control sockets. NULL with @error: there is none, or others
 * could enter it. */
char *monitor_control_dup_folder (GError **error);

/* @path: of a socket. */
MonitorControl *monitor_control_new (const char *path);

/* What an answer has told. */
typedef void (*MonitorControlFunc) (JsonObject *line, gpointer user_data);

/* Asks, as in "peers"; @func gets each line of the answer as it comes. One
 * question at a time. Ends with an error when the bus is silent for too long;
 * then the next question begins with a new connection. */
void monitor_control_ask_async (MonitorControl *self,
                                const char *what,
                                MonitorControlFunc func,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean monitor_control_ask_finish (MonitorControl *self,
                                     GAsyncResult *result,
                                     GError **error);

G_END_DECLS
