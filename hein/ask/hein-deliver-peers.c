/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-peers.h"

/* The peers that messages are delivered to. Each has a credit: how many
 * messages it takes before it has said what became of earlier ones. */

void
hein_deliver_peer_free (gpointer data)
{
  HeinDeliverPeer *self = data;

  hein_resumption_clear (&self->cut.who);
  g_object_unref (self->peer);
  g_free (self);
}

void
hein_deliver_peers_init (HeinDeliverPeers *self)
{
  self->peers =
    g_hash_table_new_full (NULL, NULL, NULL, hein_deliver_peer_free);
}

void
hein_deliver_peers_clear (HeinDeliverPeers *self)
{
  g_clear_pointer (&self->peers, g_hash_table_unref);
}

/* One peer is asked for several times in a row. */
HeinDeliverPeer *
hein_deliver_peers_find (HeinDeliverPeers *self, HeinPeer *peer)
{
  HeinDeliverPeer *of = self->found;

  if (G_LIKELY (of != NULL && of->peer == peer))
    return of;
  of = g_hash_table_lookup (self->peers, peer);
  if (of != NULL)
    self->found = of;
  return of;
}

HeinDeliverPeer *
hein_deliver_peers_get (HeinDeliverPeers *self, HeinPeer *peer)
{
  HeinDeliverPeer *of = hein_deliver_peers_find (self, peer);

  if (of != NULL)
    return of;
  of = g_new0 (HeinDeliverPeer, 1);
  of->peer = g_object_ref (peer);
  /* a peer that comes again may know what it was sent before, and must not take
   * this for it */
  of->last = self->newest;
  g_hash_table_insert (self->peers, peer, of);
  return of;
}

void
hein_deliver_peers_remove (HeinDeliverPeers *self, HeinPeer *peer)
{
  self->found = NULL;
  g_hash_table_remove (self->peers, peer);
}

HeinDeliverPeer *
hein_deliver_peers_steal (HeinDeliverPeers *self, HeinPeer *peer)
{
  gpointer of = NULL;

  self->found = NULL;
  g_hash_table_steal_extended (self->peers, peer, NULL, &of);
  return of;
}

void
hein_deliver_peers_insert (HeinDeliverPeers *self, HeinDeliverPeer *of)
{
  self->found = NULL;
  g_hash_table_insert (self->peers, of->peer, of);
}

gboolean
hein_deliver_peer_has_credit (HeinDeliverPeer *self)
{
  return self->state == HEIN_DELIVER_PEER_UP &&
         self->sent.length < self->peer->wants.credit;
}

gboolean
hein_deliver_peers_is_free (HeinDeliverPeers *self, HeinPeer *peer)
{
  HeinDeliverPeer *of = hein_deliver_peers_find (self, peer);

  return of == NULL ||
         (of->waiting.length == 0 && hein_deliver_peer_has_credit (of));
}

gboolean
hein_deliver_peers_is_any_free (HeinDeliverPeers *self)
{
  GHashTableIter iter;
  gpointer of;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &of))
    if (((HeinDeliverPeer *) of)->waiting.length == 0 &&
        hein_deliver_peer_has_credit (of))
      return TRUE;
  return FALSE;
}
