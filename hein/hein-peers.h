/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinPeers: a list of peers with a lookup by name. */

G_BEGIN_DECLS

#define HEIN_TYPE_PEERS (hein_peers_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinPeers, hein_peers, HEIN, PEERS, GObject)

HEIN_API
guint hein_peers_get_n_peers (HeinPeers *self);
HEIN_API
HeinPeer *hein_peers_get_peer (HeinPeers *self, guint index);
HEIN_API
HeinPeer *hein_peers_lookup (HeinPeers *self, const char *name);

G_END_DECLS
