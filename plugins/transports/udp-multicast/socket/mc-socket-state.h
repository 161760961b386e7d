/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-address.h"
#include "mc-socket-options.h"

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

/* The control messages beside a datagram. */
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
  /* In place of the two, in a simulated network; owned, else NULL. */
  HeinDatagrams *sim_group;
  HeinDatagrams *sim_own;
  guint sim_hops;
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
  gboolean are_large; /* what was read last */
  McSocketStats stats;
};

/* The descriptor that sends. */
static inline int
mc_socket_get_sender (const McSocket *self)
{
  return self->options.from_group_port ? self->group_fd : self->own_fd;
}

G_END_DECLS
