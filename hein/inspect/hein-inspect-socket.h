/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The control socket of a bus: its file, and who may connect. */

G_BEGIN_DECLS

/* Makes a socket that listens in the folder of control sockets, for a bus
 * called @name. @path: its file (owned). NULL with @error. Thread: any. */
GSocket *hein_inspect_socket_new (const char *name,
                                  const char *instance,
                                  char **path,
                                  GError **error);

G_END_DECLS
