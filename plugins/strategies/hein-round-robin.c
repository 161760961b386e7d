/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* Peers take turns; one without room is passed over. */
struct _HeinRoundRobin
{
  HeinStrategy parent_instance;

  HeinPeer *last; /* borrowed, only compared; NULL when it was lost */
  guint position; /* where last was; when it was lost: where its heir is */
};

#define HEIN_TYPE_ROUND_ROBIN (hein_round_robin_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinRoundRobin, hein_round_robin, HEIN, ROUND_ROBIN, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinRoundRobin, hein_round_robin, HEIN_TYPE_STRATEGY)

/* Peers before the last one may have gone: it has moved down, never up. */
static guint
find_next (HeinRoundRobin *self, HeinPeers *peers, guint n_peers)
{
  guint last = MIN (self->position, n_peers - 1);

  if (self->last == NULL)
    return self->position % n_peers;
  while (hein_peers_get_peer (peers, last) != self->last)
    {
      if (last == 0)
        return self->position % n_peers;
      last--;
    }
  return (last + 1) % n_peers;
}

static void
hein_round_robin_select (HeinStrategy *strategy,
                         HeinPeers *peers,
                         const char *key,
                         HeinMessage *message,
                         HeinSelection *selection)
{
  HeinRoundRobin *self = HEIN_ROUND_ROBIN (strategy);
  guint n_peers = hein_peers_get_n_peers (peers);
  guint next;

  if (n_peers == 0)
    {
      hein_selection_hold (selection);
      return;
    }
  next = find_next (self, peers, n_peers);
  for (guint i = 0; i < n_peers; i++)
    {
      guint index = (next + i) % n_peers;
      HeinPeer *peer = hein_peers_get_peer (peers, index);

      if (hein_peer_can_take (peer, message))
        {
          self->last = peer;
          self->position = index;
          hein_selection_add (selection, peer);
          return;
        }
    }
  /* All are full: the bus decides by its overflow; whose turn it is stays. */
  hein_selection_add (selection, hein_peers_get_peer (peers, next));
}

static void
hein_round_robin_lost (HeinStrategy *strategy, HeinPeer *peer)
{
  HeinRoundRobin *self = HEIN_ROUND_ROBIN (strategy);

  if (self->last == peer)
    self->last = NULL;
}

static void
hein_round_robin_class_init (HeinRoundRobinClass *class)
{
  HeinStrategyClass *strategy_class = HEIN_STRATEGY_CLASS (class);

  strategy_class->select = hein_round_robin_select;
  strategy_class->lost = hein_round_robin_lost;
}

static void
hein_round_robin_init (HeinRoundRobin *self)
{
}

HEIN_PLUGIN_DEFINE (HeinRoundRobin,
                    hein_round_robin,
                    STRATEGY,
                    "round-robin",
                    "",
                    "Peers take turns, passing over those without room")
