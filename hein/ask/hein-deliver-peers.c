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
  g_clear_pointer (&self->acknowledged, hein_receipt_unref);
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

HeinDeliverPeer *
hein_deliver_peers_look_up (HeinDeliverPeers *self, HeinPeer *peer)
{
  HeinDeliverPeer *of = g_hash_table_lookup (self->peers, peer);

  if (of != NULL)
    self->found = of;
  return of;
}

HeinDeliverPeer *
hein_deliver_peers_make (HeinDeliverPeers *self, HeinPeer *peer)
{
  HeinDeliverPeer *of = g_new0 (HeinDeliverPeer, 1);

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

/* After a cut it is another peer. */
HeinReceipt *
hein_deliver_peer_get_acknowledged (HeinDeliverPeer *self)
{
  if (G_LIKELY (self->acknowledged != NULL &&
                hein_receipt_get_peer (self->acknowledged, 0) == self->peer))
    return self->acknowledged;
  g_clear_pointer (&self->acknowledged, hein_receipt_unref);
  self->acknowledged = hein_receipt_new (1);
  hein_receipt_set (self->acknowledged, 0, self->peer,
                    HEIN_OUTCOME_ACKNOWLEDGED, NULL);
  return self->acknowledged;
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
