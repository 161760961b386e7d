/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

typedef struct _HeinCarrier HeinCarrier;

/*
 * How the core gives messages to a transport, whose class it does not know: a
 * part of the transport. A peer points to it until it is removed, and the media
 * (those that reach all at once) are carriers, each with a reference of its
 * transport.
 */
struct _HeinCarrier
{
  HeinTransport *transport; /* borrowed: whose part it is */

  /* As in HeinTransportClass; NULL: it cannot. */
  gboolean (*send) (HeinTransport *transport,
                    HeinPeer *peer,
                    HeinMessage *message,
                    GError **error);
  void (*pause) (HeinTransport *transport, HeinPeer *peer, gboolean paused);
  gboolean (*keeps_overflow) (HeinTransport *transport, HeinOverflow overflow);

  HeinOverflow overflow;         /* the option of its address */
  HeinOverflow sending_overflow; /* of what `send` is given */
  gboolean retain;               /* the option */
  gboolean
    reaches_all;    /* what is for all goes to `send` once, without a peer */
  gboolean is_full; /* of what is for all: it had no room, and has not said
                         * that it has again */
};

gboolean hein_carrier_keeps_overflow (HeinCarrier *self, HeinOverflow overflow);
/* For what is for all, where @overflow is that of the bus. TRUE: it waits for
 * room, else it is dropped. */
gboolean hein_carrier_begin_send_to_all (HeinCarrier *self,
                                         HeinOverflow overflow);

/* Of carriers, each with a reference of its transport. */
GPtrArray *hein_carrier_array_new (void);
void hein_carrier_array_add (GPtrArray *self, HeinCarrier *carrier);

G_END_DECLS
