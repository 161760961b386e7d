/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-address.h"

G_BEGIN_DECLS

/* The interfaces of this machine, by their indexes. */

/* That has the name, or the address; 0: none. */
guint mc_links_find (const char *text);
gboolean mc_links_is_loopback (guint index);
/* FALSE: it has IPv6 switched off, or cannot have it, as far as is known. */
gboolean mc_links_has_ipv6 (guint index);
/* By which the system sends to the group; 0: by none, and errno says why. */
guint mc_links_find_route (const McAddress *group);
/* (element-type McAddress): those of the family, without ports, in place of what
 * is in @addresses, which owns them. */
void mc_links_list_addresses (int family, GPtrArray *addresses);

G_END_DECLS
