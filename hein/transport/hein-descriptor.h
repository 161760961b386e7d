/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Checking descriptors that a transport hands over already connected. */

G_BEGIN_DECLS

/* Makes @fd usable by the loop: non-blocking, and close-on-exec. Fails with
 * HEIN_ERROR_FAILED when @fd does not carry a stream in both directions. Sets
 * *is_file when @fd is a device rather than a socket. */
gboolean hein_descriptor_prepare (int fd, gboolean *is_file, GError **error);
/* Gets the peer address of a socket; NULL when it has none. (transfer full) */
GSocketAddress *hein_descriptor_dup_address (int fd);

G_END_DECLS
