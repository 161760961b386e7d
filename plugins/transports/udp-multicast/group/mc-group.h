/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-header.h"
#include "format/mc-format.h"
#include "keys/mc-key-watch.h"

G_BEGIN_DECLS

/*
 * The format `hein`: messages of any size, peers with names, encryption, and
 * repair of what is lost.
 */
typedef struct
{
  McKeyRing *ring;   /* nullable: not encrypted */
  McKeyWatch *watch; /* of the ring's file; nullable; it outlives the group */
  McSuite suite;
  const char *security; /* nullable: what proves that somebody is a member */
  gboolean is_reliable;
  guint mtu;    /* bytes of a datagram */
  guint64 rate; /* bytes/s; 0: none */
  gsize max_message_size;
  const char *name;     /* of the bus */
  const char *instance; /* the same */
} McGroupOptions;

/* NULL in `self` with @error. */
McFormat mc_group_new (HeinTransport *transport,
                       McSocket *socket,
                       const McGroupOptions *options,
                       gint64 now_us,
                       GError **error);

G_END_DECLS
