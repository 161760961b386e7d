/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-carrier.h"
#include "hein-core-state.h"

G_BEGIN_DECLS

/* What a peer is made of. */
typedef struct
{
  HeinCore *core;
  HeinCarrier *carrier;
  HeinEndpoint *endpoint;
  const char *transport_name;
  const char *protocol_name; /* nullable */
  HeinOverflow overflow;     /* of the endpoint, as given there */
  HeinOrigin origin;
  const char *name; /* nullable */
} HeinPeerParts;

HeinPeer *hein_peer_new (const HeinPeerParts *parts);
/* It is gone: lets go of everything but what describes it. */
void hein_peer_detach (HeinPeer *self);
/* Whether its subscriptions leave nothing out. */
gboolean hein_peer_wants_all (HeinPeer *self);
gboolean hein_peer_wants (HeinPeer *self, HeinMessage *message);
/* @text as in HeinPeer:security; what is not printable in it is made so. */
void hein_peer_set_security (HeinPeer *self, const char *text);

G_END_DECLS
