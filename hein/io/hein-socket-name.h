/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <netinet/in.h>

G_BEGIN_DECLS

/*
 * The address of the other end of a socket as the kernel has it, when it is short,
 * as those of the internet are. A GSocketAddress takes ten times as much, and of
 * most connections nobody ever asks for one.
 */
typedef struct
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
  } native;
  guint size; /* 0: it has none, or a long one */
} HeinSocketName;

/* That of the other end of @fd, or the @address (nullable) that was dialled.
 * Returns a long one. (transfer full) (nullable) */
GSocketAddress *
hein_socket_name_init (HeinSocketName *self, int fd, GSocketAddress *address);
/* (transfer full) (nullable) */
GSocketAddress *hein_socket_name_make_address (const HeinSocketName *self);
/* The host alone, of another machine. (transfer full) (nullable) */
char *hein_socket_name_dup_host (const HeinSocketName *self);

G_END_DECLS
