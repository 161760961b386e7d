/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-address.h"
#include "mc-socket-options.h"

G_BEGIN_DECLS

/* @from is NULL when it may be forged, and so is useless. */
typedef void (*McReceive) (const McAddress *from,
                           const guint8 *data,
                           gsize size,
                           gpointer user_data);

/* Reads what has arrived, some hundred datagrams at most. */
void mc_socket_read (McSocket *self,
                     int fd,
                     McReceive receive,
                     gpointer user_data,
                     GError **error);
/* The same of both, in a simulated network. FALSE: there is more. */
gboolean mc_socket_read_simulated (McSocket *self,
                                   McReceive receive,
                                   gpointer user_data);

G_END_DECLS
