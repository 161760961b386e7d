/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-bus.h>
#include <hein/hein-stream-transport.h>

G_BEGIN_DECLS

/* What links tell the transport that made them. */
const char *hein_stream_transport_get_note (HeinStreamTransport *self);
void hein_stream_transport_set_note (HeinStreamTransport *self,
                                     const char *note);
void hein_stream_transport_link_up (HeinStreamTransport *self, HeinLink *link);
/* The link no longer carries messages; it may still be closing in order. */
void hein_stream_transport_link_down (HeinStreamTransport *self,
                                      HeinLink *link,
                                      const GError *error);
/* The link is about to be freed. */
void hein_stream_transport_link_gone (HeinStreamTransport *self,
                                      HeinLink *link);
/* FALSE: as many peers are there as max-peers says. */
/* @link is admitted, or gone: it is counted for max-peers when it was accepted. */
void hein_stream_transport_take_place (HeinLink *link);
void hein_stream_transport_give_place (HeinLink *link);
gboolean hein_stream_transport_has_place (HeinStreamTransport *self);
guint hein_stream_transport_get_max_peers (HeinStreamTransport *self);
/* Connected, and the other side has not said which bus it is. */
gboolean hein_stream_transport_is_dialling (HeinStreamTransport *self);

G_END_DECLS
