/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "udp-multicast-state.h"

G_BEGIN_DECLS

/*
 * Opening the transport: group, keys, socket, format.
 */

/* Opens in this thread, with the @ring (nullable). */
gboolean hein_udp_multicast_open (HeinUdpMulticast *self,
                                  McKeyRing *ring,
                                  GError **error);
/* The group of the endpoint; NULL with @error when it is not one. */
GInetSocketAddress *hein_udp_multicast_dup_group (HeinTransport *transport,
                                                  GError **error);
/* The passphrase's key takes a second: it is made in a thread, and @done is
 * called here. */
void hein_udp_multicast_derive (HeinUdpMulticast *self,
                                GAsyncReadyCallback done,
                                gpointer user_data);
McKeyRing *hein_udp_multicast_derive_finish (GAsyncResult *result,
                                             GError **error);
/* The keys of key-file or key-ring-file, which is watched from then on; NULL
 * without @error when neither is given. */
gboolean hein_udp_multicast_read_ring (HeinUdpMulticast *self,
                                       McKeyRing **ring,
                                       GError **error);

G_END_DECLS
