/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "mc-address.h"

G_BEGIN_DECLS

/*
 * The two sockets of a group: one is bound to group and port and hears what is
 * for all; the other is bound to a port of its own, sends everything, and hears
 * what is for this process alone. Its address is that of the peer.
 *
 * Datagrams leave at mc_socket_flush(), many at a time: those of one size to
 * one address as one, which the kernel cuts (UDP_SEGMENT).
 */
typedef struct
{
  GInetSocketAddress *group;
  char **interfaces; /* names or addresses; NULL: the system's choice */
  int ttl;
  gboolean loopback;        /* this machine hears it, too */
  gboolean from_group_port; /* as multisock does */
} McSocketOptions;

typedef struct _McSocket McSocket;

/* @from is NULL when it may be forged and is of no use. */
typedef void (*McReceive) (const McAddress *from,
                           const guint8 *data,
                           gsize size,
                           gpointer user_data);

typedef struct
{
  guint64 n_overrun;   /* datagrams that the kernel had no room for */
  guint64 n_truncated; /* larger than what is read at a time */
  guint64 n_unsent;    /* that the kernel did not take */
} McSocketStats;

McSocket *mc_socket_new (const McSocketOptions *options, GError **error);
void mc_socket_free (McSocket *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McSocket, mc_socket_free)

/* Descriptors to wait for: of the group, which may be another one after
 * mc_socket_join(), and of this process. */
int mc_socket_get_group_fd (McSocket *self);
int mc_socket_get_own_fd (McSocket *self);
/* The one of them that sends. */
int mc_socket_get_sending_fd (McSocket *self);
/* Whether @from is this process: what it has sent came back. */
gboolean mc_socket_is_own (McSocket *self, const McAddress *from);
/* Whether our own socket may be what others see as that address, of
 * MC_ADDRESS_BYTES. */
gboolean mc_socket_has_address (McSocket *self, const guint8 *address);
/* Joins again, on the interfaces of now; what is joined already is no error. */
gboolean mc_socket_join (McSocket *self, GError **error);

/* Reads what is there, some hundred datagrams at most. */
void mc_socket_read (McSocket *self,
                     int fd,
                     McReceive receive,
                     gpointer user_data,
                     GError **error);

/* Room for a datagram of @size bytes to @to, or to the group (NULL): it is
 * written there and then counted by mc_socket_commit(). */
guint8 *mc_socket_reserve (McSocket *self, gsize size);
void mc_socket_commit (McSocket *self, const McAddress *to, gsize size);
gsize mc_socket_get_queued (McSocket *self);
/* FALSE: the kernel takes no more now. @error: some are gone, and why; the
 * others are not held up by them. */
gboolean mc_socket_flush (McSocket *self, GError **error);
/* When it may be tried again; 0: when the sending one is writable. */
gint64 mc_socket_get_retry_us (McSocket *self);

const McSocketStats *mc_socket_get_stats (McSocket *self);
/* What the kernel gives for receiving, in bytes. */
int mc_socket_get_receive_buffer (McSocket *self);

G_END_DECLS
