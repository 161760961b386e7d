/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-links.h"

G_BEGIN_DECLS

/* Questions to the kernel. */

/* Whether the group is one of each link, as in ff02::/16. */
gboolean tool_probe_needs_link (GInetAddress *group);
/* None of these sends anything off this machine, but for
 * tool_probe_join(), after which the kernel tells the network of @link. */
gboolean tool_probe_bind (GInetAddress *group,
                          guint16 port,
                          const ToolLink *link, /* NULL: any */
                          GError **error);
gboolean tool_probe_join (GInetAddress *group,
                          guint16 port,
                          const ToolLink *link, /* NULL: the system's choice */
                          GError **error);
/* The address that datagrams to the group would come from; NULL: no route.
 * (transfer full) */
GInetAddress *
tool_probe_route (GInetAddress *group, guint16 port, GError **error);
/* A port of the group that nobody has; 0: @error. */
guint16 tool_probe_free_port (GInetAddress *group, GError **error);
/* Whether a datagram to the group with TTL 0 comes back on @link. */
gboolean
tool_probe_echo (GInetAddress *group, const ToolLink *link, GError **error);
/* Bytes that may wait to be read when @wanted are asked for; 0: @error. */
guint tool_probe_receive_buffer (GSocketFamily family,
                                 guint wanted,
                                 gboolean *is_forced,
                                 GError **error);
gboolean tool_probe_udp_option (GSocketFamily family, int option, int value);
/* A number in a file of /proc/sys; -1: there is none. */
gint64 tool_probe_sysctl (const char *name);

G_END_DECLS
