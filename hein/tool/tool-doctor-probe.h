/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-links.h"

G_BEGIN_DECLS

/* Experiments that ask the kernel what works: binding, joining, routes. */

/* Returns whether each interface has a group of its own of that address, as in
 * ff02::/16. */
gboolean tool_probe_needs_link (GInetAddress *group);
/* The probes send nothing off this machine, with one exception: after
 * tool_probe_join() the kernel announces the membership to the network of
 * @link. */
gboolean tool_probe_bind (GInetAddress *group,
                          guint16 port,
                          const ToolLink *link, /* NULL: any */
                          GError **error);
gboolean tool_probe_join (GInetAddress *group,
                          guint16 port,
                          const ToolLink *link, /* NULL: the system's choice */
                          GError **error);
/* Returns the source address of datagrams to the group; NULL with @error when
 * there is no route. (transfer full) */
GInetAddress *
tool_probe_route (GInetAddress *group, guint16 port, GError **error);
/* Finds a port that no member of the group uses; 0 with @error. */
guint16 tool_probe_free_port (GInetAddress *group, GError **error);
/* Checks that a datagram to the group with TTL 0 is looped back on @link. */
gboolean
tool_probe_echo (GInetAddress *group, const ToolLink *link, GError **error);
/* Returns how many bytes the kernel buffers when @wanted are asked for; 0 with
 * @error. */
guint tool_probe_receive_buffer (GSocketFamily family,
                                 guint wanted,
                                 gboolean *is_forced,
                                 GError **error);
gboolean tool_probe_udp_option (GSocketFamily family, int option, int value);
/* Reads a number from a file of /proc/sys; -1: there is no such file. */
gint64 tool_probe_sysctl (const char *name);

G_END_DECLS
