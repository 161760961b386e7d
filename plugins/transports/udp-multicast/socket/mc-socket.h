/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-address.h"
#include "mc-socket-options.h"

G_BEGIN_DECLS

/*
 * The two sockets of a group: one is bound to group and port and hears what is
 * for all; the other is bound to a port of its own, sends everything, and hears
 * what is for this process alone. Its address is that of the peer.
 *
 * Datagrams leave at mc_socket_flush(), many at a time: those of one size to
 * one address as one, which the kernel cuts (UDP_SEGMENT).
 */
McSocket *mc_socket_new (const McSocketOptions *options, GError **error);
void mc_socket_free (McSocket *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McSocket, mc_socket_free)

/* Descriptors to wait for: of the group, which may be another one after
 * mc_socket_join(), and of this process. */
int mc_socket_get_group_fd (McSocket *self);
int mc_socket_get_own_fd (McSocket *self);
/* The one of them that sends. */
int mc_socket_get_sending_fd (McSocket *self);
/* Whether @from is this process, whose datagram came back. */
gboolean mc_socket_is_own (McSocket *self, const McAddress *from);
/* Whether our own socket may be what others see as that address, of
 * MC_ADDRESS_BYTES. */
gboolean mc_socket_has_address (McSocket *self, const guint8 *address);
const McSocketStats *mc_socket_get_stats (McSocket *self);
/* What the kernel gives for receiving, in bytes. */
int mc_socket_get_receive_buffer (McSocket *self);

G_END_DECLS
