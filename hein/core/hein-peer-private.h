/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* @overflow: of the endpoint, as given there. */
HeinPeer *hein_peer_new (HeinEndpoint *endpoint,
                         HeinOverflow overflow,
                         const char *name,
                         HeinOrigin origin);
/* It is gone: lets go of everything but what describes it. */
void hein_peer_detach (HeinPeer *self);
/* Whether its subscriptions leave nothing out. */
gboolean hein_peer_wants_all (HeinPeer *self);
gboolean hein_peer_wants (HeinPeer *self, HeinMessage *message);
/* @text as in HeinPeer:security; what is not printable in it is made so. */
void hein_peer_set_security (HeinPeer *self, const char *text);

G_END_DECLS
