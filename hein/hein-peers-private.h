/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-peers.h>

G_BEGIN_DECLS

struct _HeinPeers
{
  GObject parent_instance;

  GPtrArray *array;    /* owned HeinPeer, in order of arrival */
  GHashTable *by_name; /* borrowed name -> owned GPtrArray of borrowed peers */
};

HeinPeers *hein_peers_new (void);
void hein_peers_add (HeinPeers *self, HeinPeer *peer);
gboolean hein_peers_remove (HeinPeers *self, HeinPeer *peer);
/* All of that name (transfer none), or NULL. */
GPtrArray *hein_peers_lookup_all (HeinPeers *self, const char *name);

G_END_DECLS
