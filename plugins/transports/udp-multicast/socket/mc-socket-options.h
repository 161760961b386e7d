/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The options of a socket, and its counters. */

typedef struct
{
  GInetSocketAddress *group;
  char **interfaces; /* names or addresses; NULL: the system's choice */
  int ttl;
  gboolean loopback;        /* this machine hears it, too */
  gboolean from_group_port; /* as multisock does */
  gboolean skips_own;       /* what this process sent is not given back to it */
  /* For a simulated network, if the endpoint is in one: @ready is called when
   * something has arrived. */
  HeinEndpoint *endpoint; /* borrowed */
  void (*ready) (gpointer data);
  gpointer data;
} McSocketOptions;

typedef struct _McSocket McSocket;

typedef struct
{
  guint64 n_overrun;   /* datagrams that the kernel had no room for; it does not
                        * say how large they were */
  guint64 n_truncated; /* larger than the read buffer */
  guint64 truncated_bytes; /* as far as they were read */
  guint64 n_unsent;        /* that the kernel did not take */
  guint64 unsent_bytes;
} McSocketStats;

G_END_DECLS
