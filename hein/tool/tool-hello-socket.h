/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/socket.h>

#include "tool-hello-evidence.h"
#include "tool-hello-wire.h"

G_BEGIN_DECLS

/* Datagrams with what the system calls of GIO leave out: interface, TTL, and
 * no fragments. */

typedef struct
{
  struct sockaddr_storage from;
  guint index; /* of the interface */
  guint8 ttl;
  gsize size;
  guint8 data[TOOL_HELLO_MAX];
} ToolHelloArrival;

/* @host: NULL for all addresses of the family. Returns -1 with @error. */
int tool_hello_socket_open (GSocketFamily family,
                            GInetAddress *host,
                            guint16 port,
                            GError **error);
/* @index: 0 for the system's choice. */
gboolean tool_hello_socket_join (int fd, GInetAddress *group, guint index);
/* @index: 0 for the system's choice. */
ToolHelloTrouble tool_hello_socket_send (int fd,
                                         const struct sockaddr_storage *to,
                                         guint index,
                                         guint8 ttl,
                                         const guint8 *data,
                                         gsize size);
/* FALSE: there is none. */
gboolean tool_hello_socket_receive (int fd, ToolHelloArrival *arrival);

/* Returns the size of the packets that the kernel sends there; 0: nobody
 * knows. */
guint tool_hello_socket_get_path_mtu (const struct sockaddr_storage *to);
ToolHelloTrouble tool_hello_trouble_from_errno (int code);
/* Fills in an address; FALSE: it is none of the family. */
gboolean tool_hello_socket_address (struct sockaddr_storage *self,
                                    const char *host,
                                    guint16 port,
                                    guint index);
/* Returns the host as a number, without interface. (transfer full) */
char *tool_hello_socket_dup_host (const struct sockaddr_storage *address);

G_END_DECLS
