/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-socket.h"

G_BEGIN_DECLS

/* What the files of a socket share. */

#define MC_READ_SIZE 65536
#define MC_N_READ    16 /* at a time; with UDP_GRO each may be 64 of them */

/* One datagram, or neighbours of one size and address (the last may be
 * smaller). */
typedef struct
{
  McAddress to; /* size 0: the group */
  gsize begin;
  gsize size;
  guint16 segment; /* size of each */
  guint n;
  gboolean is_closed; /* the last one was smaller */
} McRun;

/* What comes and goes beside a datagram. */
typedef union
{
  char bytes[CMSG_SPACE (sizeof (guint32)) + CMSG_SPACE (sizeof (int))];
  struct cmsghdr align;
} McControl;

struct _McSocket
{
  McAddress group;
  McSocketOptions options;
  GArray *indexes;   /* of interfaces that are joined, guint; empty: unknown */
  GPtrArray *locals; /* owned McAddress: ours, without ports */
  int group_fd;
  int own_fd;
  guint16 own_port;

  guint8 *read_data; /* MC_N_READ * MC_READ_SIZE */
  guint8 *out;       /* datagrams that wait */
  gsize out_size;
  gsize out_capacity;
  GArray *runs;
  gsize segment_max; /* larger ones are sent one by one */
  guint n_tries;     /* to send the first run, and when next; 0: it may go */
  gint64 retry_us;
  guint32 n_group_overrun; /* as the kernel counts, for each socket */
  guint32 n_own_overrun;
  McSocketStats stats;
};

/* Says what errno says. FALSE */
gboolean mc_socket_fail (const char *what, GError **error);

/* mc-socket.c */
/* Anew, in place of the one that there may be. FALSE: that one stays. */
gboolean mc_socket_open_group (McSocket *self, GError **error);
/* By which interface, how far, and whether it comes back. */
gboolean mc_socket_prepare_to_send (McSocket *self, GError **error);

/* mc-socket-join.c */
/* Opens the socket of the group, and joins on all interfaces or none. */
gboolean mc_socket_join_first (McSocket *self, GError **error);

G_END_DECLS
