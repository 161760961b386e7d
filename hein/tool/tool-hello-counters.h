/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the kernel counts of packets that go nowhere. */

typedef struct
{
  gint64 n_dropped;   /* came in, and to nobody */
  gint64 n_unsent;    /* went out, and did not leave; 0 before Linux 6.8 */
  gint64 n_misrouted; /* refused by rp_filter */
  gint64 n_failed;    /* TCP: could not be sent again */
} ToolHelloCounters;

/* Since the network of this process began. */
ToolHelloCounters tool_hello_counters_read (gboolean is_ipv6);
/* Returns a number of a file whose lines come in pairs, "Ip: A B" and "Ip: 1
 * 2", as in /proc/net/snmp; 0: there is none of that name. */
gint64 tool_hello_counters_find (const char *text,
                                 const char *table,
                                 const char *name);

G_END_DECLS
