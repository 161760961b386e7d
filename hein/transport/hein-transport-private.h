/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-transport.h>

G_BEGIN_DECLS

void hein_transport_set_endpoint (HeinTransport *self, HeinEndpoint *endpoint);
HeinCore *hein_transport_get_core (HeinTransport *self);
/* -1: as the bus says */
int hein_transport_get_linger_ms (HeinTransport *self);
/* INSECURE with the URI to write, unless @address is local or it is allowed. */
gboolean hein_transport_check_plaintext (HeinTransport *self,
                                         GSocketAddress *address,
                                         GError **error);

gboolean
hein_transport_begin_open (HeinTransport *self, GTask *task, GError **error);
/* TRUE: nothing is left to be sent. */
gboolean hein_transport_finish (HeinTransport *self);
void hein_transport_close (HeinTransport *self);

gboolean hein_transport_keeps_overflow (HeinTransport *self,
                                        HeinOverflow overflow);
/* Of what is given to `send` next. */
void hein_transport_set_sending_overflow (HeinTransport *self,
                                          HeinOverflow overflow);
/* Of what is for all, whose @overflow is that of the bus. TRUE: it waits for
 * room, else it is dropped. */
gboolean hein_transport_begin_send_to_all (HeinTransport *self,
                                           HeinOverflow overflow);

/* What is for all goes to it once, without a peer. */
gboolean hein_transport_reaches_all (HeinTransport *self);
/* Of one that does: it had no room, and has not said that it has again. */
gboolean hein_transport_is_full (HeinTransport *self);
void hein_transport_set_full (HeinTransport *self, gboolean is_full);

G_END_DECLS
