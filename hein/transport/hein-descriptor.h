/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-stream-transport.h>

/* Asking a transport for a descriptor that is already connected, and checking
 * descriptors. */

G_BEGIN_DECLS

/* Calls the open_fd slot of @transport. Returns a descriptor, which belongs to
 * the caller; -1 with @error, also where the slot gave none and set no
 * error. */
int hein_descriptor_ask (HeinStreamTransport *transport,
                         HeinEndpoint *endpoint,
                         GError **error);
/* Makes @fd usable by the loop: non-blocking, and close-on-exec. Fails with
 * HEIN_ERROR_FAILED when @fd does not carry a stream in both directions. Sets
 * *is_file when @fd is a device rather than a socket. */
gboolean hein_descriptor_prepare (int fd, gboolean *is_file, GError **error);
/* Gets the peer address of a socket; NULL when it has none. (transfer full) */
GSocketAddress *hein_descriptor_dup_address (int fd);
/* TCP connects a socket to itself when nobody listens on the port and the
 * dialler happens to get the same port as its own. */
gboolean hein_descriptor_is_connected_to_itself (int fd);

G_END_DECLS
