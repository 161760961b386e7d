/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-subject.h"
#include "tool-hello-socket.h"

G_BEGIN_DECLS

/* All ways by which a side says who it is, beside the connection that the
 * address may ask for. */

/* Of the doctor: beyond those that Linux gives to programs by itself. */
#define TOOL_HELLO_PORT 61007
#define TOOL_HELLO_TTL  64 /* of all ways but that of the group itself */

/* Where the other side may be. */
typedef struct
{
  struct sockaddr_storage address;
  gboolean is_named; /* by the user, not by what came */
  guint n_owed;      /* that came from there, and were not answered yet */
} ToolHelloTarget;

typedef struct
{
  int fds[3];          /* IPv4, IPv6, the group's own port; -1: none */
  GInetAddress *group; /* NULL: the address is none of a group */
  guint16 port;
  guint index; /* of the interface that the address names; 0: none */
  guint n_targets;
  ToolHelloTarget targets[2]; /* those that are named come first */
} ToolHelloWays;

/* FALSE with @error: the system gives no socket at all. */
gboolean tool_hello_ways_open (ToolHelloWays *self,
                               ToolHelloEvidence *mine,
                               GError **error);
void tool_hello_ways_close (ToolHelloWays *self);
/* Names a host to which this side speaks alone, beside a first one. Anybody can
 * write any address on what he sends: unless @is_named by the user, a host gets
 * no more than came from there. */
void tool_hello_ways_aim (ToolHelloWays *self,
                          const char *host,
                          guint index,
                          gboolean is_named);
/* Notes that something came. */
void tool_hello_ways_owe (ToolHelloWays *self,
                          const struct sockaddr_storage *from);
/* Leaves those that are named. */
void tool_hello_ways_forget (ToolHelloWays *self);
/* Says what @mine says to the targets alone. */
void tool_hello_ways_send_alone (ToolHelloWays *self, ToolHelloEvidence *mine);
/* Sends what @mine says by all ways. @probes: sizes, too; only for a side that
 * is known to want them. @round counts up. */
void tool_hello_ways_send (ToolHelloWays *self,
                           ToolHelloEvidence *mine,
                           gboolean probes,
                           guint round);

G_END_DECLS
