/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Makes @fd, which a transport has given, ready for the loop: non-blocking, and
 * closed by exec. FALSE with FAILED when it is no stream both ways. *is_file: it
 * is no socket, but a device. */
gboolean hein_descriptor_prepare (int fd, gboolean *is_file, GError **error);
/* Who is at the other end of a socket; NULL: it has no address. (transfer full) */
GSocketAddress *hein_descriptor_dup_address (int fd);

G_END_DECLS
