/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "hein-sim-host.h"

/* Addresses of datagrams, between the kernel's form and a simulation's. */

G_BEGIN_DECLS

struct sockaddr;
struct sockaddr_storage;

/* One of IPv6, or one of IPv4 as ::ffff:0:0/96. */
typedef struct
{
  guint8 ip[16];
  guint16 port;
} HeinSimName;

HeinSimName hein_sim_name_read (const struct sockaddr *address);
void hein_sim_name_write (const HeinSimName *self,
                          struct sockaddr_storage *address);
/* That of @host, of the family of @like. */
HeinSimName hein_sim_name_of_host (const HeinSimHost *host,
                                   const HeinSimName *like,
                                   guint16 port);
gboolean hein_sim_name_is_group (const HeinSimName *self);
/* The host that a program on @here means; NULL: there is none. */
HeinSimHost *hein_sim_name_find_host (const HeinSimName *self,
                                      HeinSimMap *map,
                                      HeinSimHost *here);

static inline gboolean
hein_sim_name_equal (const HeinSimName *left, const HeinSimName *right)
{
  return left->port == right->port &&
         memcmp (left->ip, right->ip, sizeof left->ip) == 0;
}

G_END_DECLS
