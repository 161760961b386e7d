/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-carrier.h"
#include "hein-core-state.h"

G_BEGIN_DECLS

/* What a new peer is made of. */
typedef struct
{
  HeinCore *core;
  HeinCarrier *carrier;
  HeinEndpoint *endpoint;
  const char *transport_name;
  const char *protocol_name; /* nullable */
  HeinOverflow overflow;     /* option of the endpoint's address */
  HeinOrigin origin;
  const char *name; /* nullable */
} HeinPeerParts;

HeinPeer *hein_peer_new (const HeinPeerParts *parts);
/* Detaches a peer that is gone from everything but what describes it. */
void hein_peer_detach (HeinPeer *self);
/* Returns whether it has subscribed to all messages. */
gboolean hein_peer_has_subscribed_to_all (HeinPeer *self);
/* Returns whether it gets every message: it has subscribed to all of them, and
 * no access file limits it. */
gboolean hein_peer_wants_all (HeinPeer *self);
/* Returns whether it gets the message: it has subscribed to it, and may receive
 * it. */
gboolean hein_peer_wants (HeinPeer *self, HeinMessage *message);
/* Sets HeinPeer:security; characters of @text that are not printable are
 * replaced. */
void hein_peer_set_security (HeinPeer *self, const char *text);

G_END_DECLS
