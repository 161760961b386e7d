/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* The part of a transport that the core sends messages to. */

G_BEGIN_DECLS

typedef struct _HeinCarrier HeinCarrier;

/*
 * How the core passes messages to a transport, whose class it does not know. A
 * carrier is part of its transport. A peer points to it until the peer is
 * removed; the list of media (transports where one send reaches all peers)
 * consists of carriers, each with a reference to its transport.
 */
struct _HeinCarrier
{
  HeinTransport *transport; /* borrowed: the transport that it is part of */

  /* the slots of HeinTransportClass; NULL: not implemented */
  gboolean (*send) (HeinTransport *transport,
                    HeinPeer *peer,
                    HeinMessage *message,
                    GError **error);
  void (*pause) (HeinTransport *transport, HeinPeer *peer, gboolean paused);
  gboolean (*keeps_overflow) (HeinTransport *transport, HeinOverflow overflow);

  HeinOverflow overflow;         /* option of the address */
  HeinOverflow sending_overflow; /* of the message that `send` is called with */
  HeinAudience sending_audience; /* whom that message is for */
  gboolean sending_forced;       /* that message is to be taken without room */
  gboolean retain;               /* option of the address */
  gboolean reaches_all; /* one `send` without a peer is enough for all peers */
  gboolean is_full;     /* for messages to all: `send` found no room, and the
                     * transport has not reported any since */
};

gboolean hein_carrier_keeps_overflow (HeinCarrier *self, HeinOverflow overflow);
/* Prepares a message to all; @overflow is the policy of the bus. TRUE: the
 * message waits for room; FALSE: it is dropped when there is none. */
gboolean hein_carrier_begin_send_to_all (HeinCarrier *self,
                                         HeinOverflow overflow);

/* An array of carriers, each with a reference to its transport. */
GPtrArray *hein_carrier_array_new (void);
void hein_carrier_array_add (GPtrArray *self, HeinCarrier *carrier);

G_END_DECLS
