/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "udp-multicast-state.h"

G_BEGIN_DECLS

/* The properties that an address sets. */

void hein_udp_multicast_install_options (GObjectClass *class);
void hein_udp_multicast_init_options (HeinUdpMulticast *self);
void hein_udp_multicast_clear_options (HeinUdpMulticast *self);
/* FALSE with @error: they contradict each other. */
gboolean hein_udp_multicast_check_options (HeinUdpMulticast *self,
                                           GError **error);
gboolean hein_udp_multicast_has_key (HeinUdpMulticast *self);
McFormatKind hein_udp_multicast_get_format (HeinUdpMulticast *self);

G_END_DECLS
