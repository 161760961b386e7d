/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The network interfaces of this machine. */

typedef struct
{
  char *name;
  guint index;
  guint flags; /* IFF_… */
  guint mtu;   /* 0: unknown */
  gboolean has_ipv4;
  gboolean has_ipv6;
  GPtrArray *addresses; /* owned char */
} ToolLink;

GPtrArray *tool_links_list (void);
/* Finds an interface by name or address; NULL: there is none. (transfer
 * none) */
ToolLink *tool_links_find (GPtrArray *links, const char *text);
gboolean tool_link_is_loopback (const ToolLink *self);

G_END_DECLS
