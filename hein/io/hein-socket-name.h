/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <netinet/in.h>

G_BEGIN_DECLS

/*
 * The address of the other end of a socket, as the kernel stores it, if it is
 * as short as Internet addresses are. A GSocketAddress takes ten times as much
 * memory, and is never asked for on most connections.
 */
typedef struct
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
  } native;
  guint size; /* 0: there is no address, or a long one */
} HeinSocketName;

/* Stores @address (nullable), which was dialled, or else the address of the
 * other end of @fd. Returns an address that is too long. (transfer full)
 * (nullable) */
GSocketAddress *
hein_socket_name_init (HeinSocketName *self, int fd, GSocketAddress *address);
/* (transfer full) (nullable) */
GSocketAddress *hein_socket_name_make_address (const HeinSocketName *self);
/* Returns the host; NULL when it is this machine. (transfer full) (nullable) */
char *hein_socket_name_dup_host (const HeinSocketName *self);

G_END_DECLS
