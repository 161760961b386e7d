/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* The peer that came first; the others stand by. */
struct _HeinFailover
{
  HeinStrategy parent_instance;
};

#define HEIN_TYPE_FAILOVER (hein_failover_get_type ())
G_DECLARE_FINAL_TYPE (HeinFailover, hein_failover, HEIN, FAILOVER, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinFailover, hein_failover, HEIN_TYPE_STRATEGY)

/* Peers are listed in the order in which they came. */
static void
hein_failover_select (HeinStrategy *strategy,
                      HeinPeers *peers,
                      const char *key,
                      HeinMessage *message,
                      HeinSelection *selection)
{
  guint n_peers = hein_peers_get_n_peers (peers);

  if (n_peers == 0)
    {
      hein_selection_hold (selection);
      return;
    }
  for (guint i = 0; i < n_peers; i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);

      if (hein_peer_can_take (peer, message))
        {
          hein_selection_add (selection, peer);
          return;
        }
    }
  hein_selection_add (selection, hein_peers_get_peer (peers, 0));
}

static void
hein_failover_class_init (HeinFailoverClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = hein_failover_select;
}

static void
hein_failover_init (HeinFailover *self)
{
}

HEIN_PLUGIN_DEFINE (HeinFailover,
                    hein_failover,
                    STRATEGY,
                    "failover",
                    "",
                    "The peer that came first, while it has room")
