/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* The peer with the fewest bytes waiting; those with equally few take turns. */
struct _HeinLeastQueued
{
  HeinStrategy parent_instance;

  guint next; /* where the search begins */
};

#define HEIN_TYPE_LEAST_QUEUED (hein_least_queued_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinLeastQueued, hein_least_queued, HEIN, LEAST_QUEUED, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinLeastQueued, hein_least_queued, HEIN_TYPE_STRATEGY)

/* Those that can take it come before those that cannot, whatever they have
 * queued: limits may differ between endpoints. */
static gboolean
is_better (HeinPeer *peer, HeinPeer *best, HeinMessage *message)
{
  gboolean can_take = hein_peer_can_take (peer, message);
  gboolean best_can = hein_peer_can_take (best, message);

  if (can_take != best_can)
    return can_take;
  return hein_peer_get_queued_bytes (peer) < hein_peer_get_queued_bytes (best);
}

static void
hein_least_queued_select (HeinStrategy *strategy,
                          HeinPeers *peers,
                          const char *key,
                          HeinMessage *message,
                          HeinSelection *selection)
{
  HeinLeastQueued *self = HEIN_LEAST_QUEUED (strategy);
  guint n_peers = hein_peers_get_n_peers (peers);
  guint best;

  if (n_peers == 0)
    {
      hein_selection_hold (selection);
      return;
    }
  best = self->next % n_peers;
  for (guint i = 1; i < n_peers; i++)
    {
      guint index = (self->next + i) % n_peers;

      if (is_better (hein_peers_get_peer (peers, index),
                     hein_peers_get_peer (peers, best), message))
        best = index;
    }
  self->next = (best + 1) % n_peers;
  hein_selection_add (selection, hein_peers_get_peer (peers, best));
}

static void
hein_least_queued_class_init (HeinLeastQueuedClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = hein_least_queued_select;
}

static void
hein_least_queued_init (HeinLeastQueued *self)
{
}

HEIN_PLUGIN_DEFINE (HeinLeastQueued,
                    hein_least_queued,
                    STRATEGY,
                    "least-queued",
                    "",
                    "The peer with the fewest bytes waiting to go out")
